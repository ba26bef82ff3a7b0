import { readAtMost } from "../../system/body.ts";
import type { Invocation } from "../command.ts";
import { isOn } from "../ui/reader.ts";
import type { Box, Picture } from "./draw.ts";

/** Larger thumbnails aren't shown. */
const MAX_BYTES = 64 * 1024;
/** For all thumbnails of a command together. */
const FETCH_TIMEOUT_MS = 5_000;
const MAX_FETCHES = 6;

/**
 * Fetches thumbnails from the CDN and draws them for this terminal. A thumbnail that can't be fetched is
 * undefined. Returns an empty list if pictures can't be shown here.
 * @param cdnUrls the images' delivery URLs, as returned by Imgwire
 * @param box the space for each picture
 */
export async function picturesOf(
  invocation: Invocation,
  cdnUrls: readonly string[],
  box: Box
): Promise<readonly (Picture | undefined)[]> {
  const { deps, out } = invocation;
  const { env } = deps.io;
  if (!out.terminal || !out.canAsk || !out.color.isColorSupported || isOn(env["IMGWIRE_ACCESSIBLE"]))
    return [];
  const [{ askTerminal }, { drawPng }, files] = await Promise.all([
    import("./protocol.ts"),
    import("./draw.ts"),
    fetchThumbnails(invocation, cdnUrls)
  ]);
  if (files.every((file) => file === undefined)) return [];
  const screen = await askTerminal(deps.io);
  const trueColor = /truecolor|24bit/.test(env["COLORTERM"] ?? "");
  return files.map((file) => file && drawPng(file, screen, trueColor, box));
}

async function fetchThumbnails(
  invocation: Invocation,
  cdnUrls: readonly string[]
): Promise<(Buffer | undefined)[]> {
  const files: (Buffer | undefined)[] = cdnUrls.map(() => undefined);
  const stop = AbortSignal.any([invocation.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]);
  const left = cdnUrls.entries();
  const fetchLeft = async (): Promise<void> => {
    for (const [index, url] of left) files[index] = await fetchThumbnail(invocation, url, stop);
  };
  await Promise.all(Array.from({ length: MAX_FETCHES }, fetchLeft));
  return files;
}

/** Fetches a thumbnail as PNG; undefined if there is none, it is too large, or it doesn't arrive in time. */
async function fetchThumbnail(
  { deps, signal }: Invocation,
  cdnUrl: string,
  stop: AbortSignal
): Promise<Buffer | undefined> {
  try {
    const http = await deps.http();
    const url = new URL(`${cdnUrl}@thumbnail?format=png`);
    const { statusCode, body } = await http.request(url, "server", { signal: stop });
    const found = statusCode === 200;
    const bytes = await readAtMost(body, found ? MAX_BYTES : 0);
    return found ? bytes : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
