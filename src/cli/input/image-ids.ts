import { text } from "node:stream/consumers";
import { UsageError } from "../../errors.ts";
import type { Io } from "../../system/io.ts";

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/**
 * The image ids that a command works on: its arguments, or else what is piped in, which may be the output of
 * `imgwire upload` or `imgwire list`, with `--json` or without. A CDN URL counts as its image's id.
 * @throws UsageError when there are none
 */
export async function imageIds(args: readonly string[], io: Pick<Io, "stdin">): Promise<readonly string[]> {
  const given = args.length > 0 ? args : linesOf(await piped(io));
  if (given.length === 0) {
    throw new UsageError("No image ids given.", {
      hint: "Pass ids or CDN URLs, or pipe in the output of `imgwire upload`."
    });
  }
  return [...new Set(given.map(idIn))];
}

/** What is piped in; nothing when a person sits at the terminal. */
export async function piped({ stdin }: Pick<Io, "stdin">): Promise<string> {
  return stdin.isTTY ? "" : text(stdin);
}

/** The last id in a CDN URL is the image's; those before it are the organization's and the Environment's. */
export function idIn(given: string): string {
  return given.match(ID)?.at(-1) ?? given;
}

function linesOf(input: string): readonly string[] {
  const lines = input.split("\n").map((line) => line.trim());
  return fromJson(input) ?? lines.filter((line) => line !== "");
}

function fromJson(input: string): readonly string[] | undefined {
  try {
    const document = JSON.parse(input) as Listing | Listed[];
    const listed = Array.isArray(document) ? document : (document.files ?? document.images);
    return listed?.flatMap(({ image_id, id, cdn_url }) => image_id ?? id ?? cdn_url ?? []);
  } catch {
    return undefined;
  }
}

interface Listing {
  files?: Listed[];
  images?: Listed[];
}

interface Listed {
  image_id?: string;
  id?: string;
  cdn_url?: string;
}
