import { readBoxes } from "./isobmff.ts";
import { type ByteSource, demand, type Proof, type Range } from "./source.ts";

/** Far more than the headers of a codestream take. */
const MAX_HEADER_BYTES = 4_096;

/** Validates a JPEG XL container (ISO/IEC 18181-2): boxes up to the end, including a codestream. */
export async function proveJxlContainer(source: ByteSource): Promise<Proof> {
  const pixels: Range[] = [];
  let end = 0;
  let last = false;
  for await (const { type, data, ...box } of readBoxes(source, { start: 0, end: source.size })) {
    if (type === "jxlc") pixels.push(data);
    if (type === "jxlp") {
      demand(data.end - data.start >= 4, "its JPEG XL codestream is not complete");
      pixels.push({ start: data.start + 4, end: data.end });
      last ||= (await source.read(data.start, 1))[0] === 0x80;
    } else last ||= type === "jxlc";
    end = box.end;
  }
  demand(last, "its JPEG XL codestream is not complete");
  readHeaders(await readBeginning(source, pixels));
  return { end, pixels };
}

/** Reads the first bytes of a codestream. In a transcoded JPEG, the headers extend over several parts. */
async function readBeginning(source: ByteSource, parts: readonly Range[]): Promise<Buffer> {
  const read: Buffer[] = [];
  let left = MAX_HEADER_BYTES;
  for (const { start, end } of parts) {
    if (left <= 0) break;
    read.push(Buffer.from(await source.read(start, Math.min(left, end - start))));
    left -= end - start;
  }
  return Buffer.concat(read);
}

/**
 * Validates the headers of a JPEG XL codestream (ISO/IEC 18181-1). Only a decoder can tell how long the data
 * after them has to be.
 */
export async function proveCodestream(source: ByteSource): Promise<Proof> {
  const start = readHeaders(await source.read(0, Math.min(source.size, MAX_HEADER_BYTES)));
  return { end: source.size, pixels: [{ start, end: source.size }] };
}

/** @returns where the data begins @throws MalformedImage if the headers are invalid or there is no data */
function readHeaders(beginning: Buffer): number {
  const bits = new Bits(beginning);
  demand(bits.u(16) === 0x0aff, "it is not a JPEG XL codestream");
  readSize(bits);
  readMetadata(bits);
  demand(beginning.length > bits.bytes, "its JPEG XL codestream is cut short");
  return bits.bytes;
}

type Choice = readonly [bits: number, offset: number];

/** Reads the bit fields of a codestream, lowest bit first (annex B). */
class Bits {
  #at = 0;
  constructor(private readonly buffer: Buffer) {}

  /** The number of bytes read so far; the last one may be read only in part. */
  get bytes(): number {
    return Math.ceil(this.#at / 8);
  }

  u(count: number): number {
    let value = 0;
    demand(this.#at + count <= this.buffer.length * 8, "its JPEG XL header is cut short");
    for (let index = 0; index < count; index++, this.#at++) {
      value += (((this.buffer[this.#at >> 3] ?? 0) >> (this.#at & 7)) & 1) * 2 ** index;
    }
    return value;
  }

  bool(): boolean {
    return this.u(1) === 1;
  }

  u32(...choices: readonly [Choice, Choice, Choice, Choice]): number {
    const [bits, offset] = choices[this.u(2)] ?? choices[0];
    return this.u(bits) + offset;
  }

  enum(allowed: readonly number[]): number {
    const value = this.u32([0, 0], [0, 1], [4, 2], [6, 18]);
    demand(allowed.includes(value), "its JPEG XL header has an unknown value");
    return value;
  }
}

/** SizeHeader. For common aspect ratios, a ratio replaces the width. */
function readSize(bits: Bits): void {
  const small = bits.bool();
  const side = (): number => (small ? bits.u(5) : bits.u32([9, 1], [13, 1], [18, 1], [30, 1]));
  side();
  if (bits.u(3) === 0) side();
}

/** ImageMetadata, up to the colour encoding. */
function readMetadata(bits: Bits): void {
  if (bits.bool()) return;
  if (bits.bool()) readExtraFields(bits);
  readBitDepth(bits);
  bits.bool();
  const channels = bits.u32([0, 0], [0, 1], [4, 2], [12, 1]);
  for (let channel = 0; channel < channels; channel++) readChannel(bits);
  bits.bool();
  readColour(bits);
}

function readExtraFields(bits: Bits): void {
  bits.u(3);
  if (bits.bool()) readSize(bits);
  if (bits.bool()) readPreview(bits);
  if (!bits.bool()) return;
  bits.u32([0, 100], [0, 1000], [10, 1], [30, 1]);
  bits.u32([0, 1], [0, 1001], [8, 1], [10, 1]);
  bits.u32([0, 0], [3, 0], [16, 0], [32, 0]);
  bits.bool();
}

function readPreview(bits: Bits): void {
  const small = bits.bool();
  const side = (): number =>
    small ? bits.u32([0, 16], [0, 32], [5, 1], [9, 33]) : bits.u32([6, 1], [8, 65], [10, 321], [12, 1345]);
  side();
  if (bits.u(3) === 0) side();
}

function readBitDepth(bits: Bits): void {
  if (bits.bool()) {
    const samples = bits.u32([0, 32], [0, 16], [0, 24], [6, 1]);
    const exponent = bits.u(4) + 1;
    demand(samples <= 32 && exponent >= 2 && exponent <= 8, "its JPEG XL header has an unknown bit depth");
  } else {
    demand(bits.u32([0, 8], [0, 10], [0, 12], [6, 1]) <= 31, "its JPEG XL header has an unknown bit depth");
  }
}

const SPOT_COLOUR = 2;
const CFA = 5;

function readChannel(bits: Bits): void {
  if (bits.bool()) return;
  const type = bits.enum([0, 1, 2, 3, 4, 5, 6, 15, 16]);
  readBitDepth(bits);
  bits.u32([0, 0], [0, 3], [0, 4], [3, 1]);
  const name = bits.u32([0, 0], [4, 0], [5, 16], [10, 48]);
  for (let index = 0; index < name; index++) bits.u(8);
  if (type === 0) bits.bool();
  else if (type === SPOT_COLOUR) bits.u(64);
  else if (type === CFA) bits.u32([0, 1], [2, 0], [4, 3], [8, 19]);
}

const GREY = 1;
const XYB = 2;
const CUSTOM = 2;

/** ColourEncoding. If there is an ICC profile, which is compressed separately, reading stops here. */
function readColour(bits: Bits): void {
  if (bits.bool()) return;
  const profile = bits.bool();
  const space = bits.enum([0, 1, 2, 3]);
  if (profile) return;
  const chromaticity = (): void => {
    for (let part = 0; part < 2; part++) bits.u32([19, 0], [19, 524_288], [20, 1_048_576], [21, 2_097_152]);
  };
  if (space !== XYB) {
    if (bits.enum([1, 2, 10, 11]) === CUSTOM) chromaticity();
    if (space !== GREY && bits.enum([1, 2, 9, 11]) === CUSTOM)
      for (let part = 0; part < 3; part++) chromaticity();
    if (bits.bool()) bits.u(24);
    else bits.enum([1, 2, 8, 13, 16, 17, 18]);
  }
  bits.enum([0, 1, 2, 3]);
}
