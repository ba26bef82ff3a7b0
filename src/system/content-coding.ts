import { Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, constants } from "node:zlib";
import { ImgwireError } from "../errors.ts";

/** Makes decoders output everything immediately, because the body may be an event stream that never ends. */
const ZLIB = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = { flush: constants.BROTLI_OPERATION_FLUSH, finishFlush: constants.BROTLI_OPERATION_FLUSH };
/** More codings than this suggest a decompression bomb. */
const MAX_CODINGS = 2;

/**
 * Decodes a body as it arrives.
 * @param codings the content codings in the order they were applied (RFC 9110 section 8.4.1)
 * @throws ImgwireError `content_coding` for an unknown one; zlib's errors for a damaged body
 */
export async function* decodeContent(
  body: AsyncIterable<Buffer>,
  codings: readonly string[]
): AsyncGenerator<Buffer, void> {
  if (codings.length > MAX_CODINGS) throw unknownCoding(codings.join(", "));
  let stream: Readable = Readable.from(body, { objectMode: false });
  for (const coding of [...codings].reverse()) {
    const source = stream;
    const decoder = decoderOf(coding);
    source.on("error", (error) => decoder.destroy(error));
    decoder.on("close", () => source.destroy());
    stream = source.pipe(decoder);
  }
  for await (const chunk of stream) yield chunk as Buffer;
}

function decoderOf(
  coding: string
): ReturnType<typeof createGunzip> | ReturnType<typeof createBrotliDecompress> {
  if (coding === "gzip" || coding === "x-gzip") return createGunzip(ZLIB);
  if (coding === "deflate") return createInflate(ZLIB);
  if (coding === "br") return createBrotliDecompress(BROTLI);
  throw unknownCoding(coding);
}

function unknownCoding(coding: string): ImgwireError {
  const message = `The response has the content coding ${JSON.stringify(coding.slice(0, 40))}, which wasn't requested.`;
  return new ImgwireError("content_coding", message, {
    hint: "A proxy may be compressing responses. Configure it to leave Imgwire's unchanged."
  });
}
