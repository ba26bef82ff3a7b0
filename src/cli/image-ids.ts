import { text } from "node:stream/consumers";
import { UsageError } from "../errors.ts";
import type { Io } from "../system/io.ts";

const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/**
 * The image ids that a command is to work on: its arguments, or else what is piped into it, which may be what
 * `imgwire upload` printed, with `--json` or without. An image's CDN URL counts as its id.
 * @throws UsageError when there are none
 */
export async function imageIds(args: readonly string[], io: Pick<Io, "stdin">): Promise<readonly string[]> {
  const written = args.length > 0 ? args : linesOf(await piped(io));
  if (written.length === 0)
    throw new UsageError("No image was named.", { hint: "Give image ids, or pipe them in." });
  return [...new Set(written.map(idIn))];
}

/** What is piped in; nothing when a person sits at the terminal. */
export async function piped({ stdin }: Pick<Io, "stdin">): Promise<string> {
  return stdin.isTTY ? "" : text(stdin);
}

/** The last id in a CDN URL is the image's: those before it are the organization's and the Environment's. */
function idIn(written: string): string {
  return written.match(ID)?.at(-1) ?? written;
}

function linesOf(input: string): readonly string[] {
  const lines = input.split("\n").map((line) => line.trim());
  return fromJson(input) ?? lines.filter((line) => line !== "");
}

function fromJson(input: string): readonly string[] | undefined {
  try {
    const { files } = JSON.parse(input) as { files?: { image_id?: string }[] };
    return files?.flatMap(({ image_id }) => image_id ?? []);
  } catch {
    return undefined;
  }
}
