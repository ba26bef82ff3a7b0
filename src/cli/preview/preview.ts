import { readAtMost } from "../../system/body.ts";
import { isOn } from "../ui/reader.ts";
import type { Invocation } from "../command.ts";

/** A thumbnail that is larger than this is not shown. */
const MAX_BYTES = 64 * 1024;
const FETCH_TIMEOUT_MS = 5_000;

/**
 * The picture of an image for this terminal: its CDN thumbnail. Nobody who reads elsewhere than at a terminal
 * gets one, and one that can't be had is no error.
 * @param cdnUrl where the image is delivered from, as Imgwire said
 */
export async function previewOf(invocation: Invocation, cdnUrl: string): Promise<string | undefined> {
  const { deps, out } = invocation;
  const { env } = deps.io;
  if (!out.terminal || !out.canAsk || !out.color.isColorSupported || isOn(env["IMGWIRE_ACCESSIBLE"]))
    return undefined;
  const [{ askTerminal }, { drawPng }, file] = await Promise.all([
    import("./protocol.ts"),
    import("./draw.ts"),
    fetchThumbnail(invocation, cdnUrl)
  ]);
  if (!file) return undefined;
  const trueColor = /truecolor|24bit/.test(env["COLORTERM"] ?? "");
  return drawPng(file, await askTerminal(deps.io), trueColor);
}

/** The thumbnail as a PNG; undefined where there is none, it is too large, or it doesn't come in time. */
async function fetchThumbnail({ deps, signal }: Invocation, cdnUrl: string): Promise<Buffer | undefined> {
  try {
    const http = await deps.http();
    const { statusCode, body } = await http.request(new URL(`${cdnUrl}@thumbnail?format=png`), "server", {
      signal: AbortSignal.any([signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)])
    });
    const found = statusCode === 200;
    const bytes = await readAtMost(body, found ? MAX_BYTES : 0);
    return found ? bytes : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
