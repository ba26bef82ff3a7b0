import { type ByteSource, demand, MalformedImage, type Proof, type Range } from "./source.ts";

const SOS = 0xda;
const EOI = 0xd9;

/**
 * A marker segment, including its marker (ITU-T T.81, B.1.1.4), or with marker 0 the coded data of a scan.
 */
export interface Segment extends Range {
  marker: number;
}

/**
 * Iterates over the segments of a JPEG from SOI to EOI, which is the last one.
 * @throws MalformedImage
 */
export async function* readSegments(source: ByteSource): AsyncGenerator<Segment, void> {
  for (let start = 2; ;) {
    const [first = 0, marker = 0] = await source.read(start, 2);
    demand(first === 0xff, "a JPEG segment does not start with a marker");
    if (marker === 0xff) start += 1;
    else if (isStandalone(marker)) start += 2;
    else if (marker === EOI) {
      yield { marker, start, end: start + 2 };
      return;
    } else {
      demand(marker >= 0xc0, "a JPEG segment has an unknown marker");
      const length = (await source.read(start + 2, 2)).readUInt16BE();
      demand(length >= 2, "a JPEG segment has no length");
      yield { marker, start, end: start + 2 + length };
      start += 2 + length;
      if (marker !== SOS) continue;
      const end = await endOfScan(source, start);
      yield { marker: 0, start, end };
      start = end;
    }
  }
}

/** RST and TEM have no length field. */
function isStandalone(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}

const STEP_BYTES = 32 * 1024;

/** Finds the next marker after coded data. Within the data, 0xFF is followed by 0 or by a restart marker. */
async function endOfScan(source: ByteSource, start: number): Promise<number> {
  for (let at = start; at < source.size - 1;) {
    const bytes = await source.read(at, Math.min(STEP_BYTES, source.size - at));
    const end = markerIn(bytes);
    if (end !== undefined) return at + end;
    at += bytes.length - 1;
  }
  throw new MalformedImage("its JPEG data has no end");
}

function markerIn(bytes: Buffer): number | undefined {
  for (let at = bytes.indexOf(0xff); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1] ?? 0;
    if (next !== 0 && next !== 0xff && !isStandalone(next)) return at;
  }
  return undefined;
}

/** Validates a JPEG (ITU-T T.81): a frame with plausible components, then scans up to EOI. */
export async function proveJpeg(source: ByteSource): Promise<Proof> {
  let frames = 0;
  const pixels: Range[] = [];
  for await (const segment of readSegments(source)) {
    if (isFrame(segment.marker)) {
      await checkFrame(source, segment);
      frames += 1;
    }
    if (segment.marker === SOS) {
      demand(frames > 0, "a JPEG scan comes before its frame");
      await checkScan(source, segment);
    }
    if (segment.marker === 0) pixels.push(segment);
    if (segment.marker === EOI) {
      demand(
        pixels.some(({ start, end }) => end > start),
        "its JPEG has no image data"
      );
      return { end: segment.end, pixels };
    }
  }
  throw new MalformedImage("its JPEG has no end");
}

/** SOF0 to SOF15, except DHT, JPG and DAC, which lie in the same range. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** B.2.2: precision, size, and three bytes for each of up to four components. */
async function checkFrame(source: ByteSource, { start, end }: Segment): Promise<void> {
  const header = await source.read(start + 4, 6);
  const [precision = 0, components = 0] = [header[0], header[5]];
  demand(precision >= 2 && precision <= 16 && components >= 1 && components <= 4, "its JPEG frame is wrong");
  demand(header.readUInt16BE(3) > 0, "its JPEG frame has no width");
  demand(end - start === 10 + 3 * components, "its JPEG frame has the wrong length");
}

/** B.2.3: two bytes for each component, and three more. */
async function checkScan(source: ByteSource, { start, end }: Segment): Promise<void> {
  const [components = 0] = await source.read(start + 4, 1);
  demand(components >= 1 && components <= 4 && end - start === 8 + 2 * components, "its JPEG scan is wrong");
}
