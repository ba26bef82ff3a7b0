/**
 * Reads a body of bounded size.
 * @returns undefined if the body is longer; the rest isn't read
 */
export async function readAtMost(
  body: AsyncIterable<unknown>,
  maxBytes: number
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
