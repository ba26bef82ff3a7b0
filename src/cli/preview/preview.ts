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
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += (chunk as Buffer).length;
      if (statusCode !== 200 || size > MAX_BYTES) return undefined;
      chunks.push(chunk as Buffer);
    }
    return statusCode === 200 ? Buffer.concat(chunks) : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
