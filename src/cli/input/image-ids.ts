import { text } from "node:stream/consumers";
import { UsageError } from "../../errors.ts";
import type { Io } from "../../system/io.ts";

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/**
 * Reads the image ids for a command from its arguments or, if there are none, from stdin, which may be the
 * output of `imgwire upload` or `imgwire list`, with or without `--json`. A CDN URL counts as its image's id.
 * @throws UsageError if there are none
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

/** Reads piped input; empty if stdin is a terminal. */
export async function piped({ stdin }: Pick<Io, "stdin">): Promise<string> {
  return stdin.isTTY ? "" : text(stdin);
}

/**
 * Returns the last id in a CDN URL, which is the image's; the organization's and the Environment's precede
 * it.
 */
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
