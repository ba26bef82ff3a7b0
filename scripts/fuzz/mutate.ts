/** A source of numbers below a bound, reproducible from a seed (mulberry32). */
export type Next = (below: number) => number;

export function random(seed: number): Next {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) % below;
  };
}

/** Byte sequences that are meaningful in many formats. */
const TOKENS = [
  "\0\0\0\0",
  "\xff\xff\xff\xff",
  "\x7f\xff\xff\xff",
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  "\\",
  "\n",
  "\r\n",
  "\r",
  ":",
  ",",
  "#",
  "//",
  "/*",
  "<!--",
  "![](",
  "](",
  "```",
  "&#",
  "%",
  "=",
  "&",
  ";",
  "\u0000",
  "\ufeff",
  "\u2028",
  "\ud800",
  "__proto__",
  "1e999",
  "-0",
  "data: ",
  "id: ",
  "retry: ",
  "PK\x03\x04",
  "ftyp",
  "IHDR"
];
const MAX_BYTES = 256 * 1024;

/** Creates an input from the corpus by a few changes. */
export function mutate(corpus: readonly Buffer[], next: Next): Buffer {
  const pick = (): Buffer => corpus[next(corpus.length)] ?? Buffer.alloc(0);
  let bytes: Buffer = Buffer.from(pick());
  for (let changes = 1 + next(8); changes > 0; changes -= 1) bytes = change(bytes, pick, next);
  return bytes.subarray(0, MAX_BYTES);
}

function change(bytes: Buffer, pick: () => Buffer, next: Next): Buffer {
  const at = next(bytes.length + 1);
  const end = at + next(Math.min(64, bytes.length - at) + 1);
  const [head, middle, tail] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)];
  switch (next(7)) {
    case 0:
      return Buffer.concat([head, tail]);
    case 1:
      return Buffer.concat([
        head,
        Buffer.from(TOKENS[next(TOKENS.length)] ?? "", next(2) ? "latin1" : "utf8"),
        tail
      ]);
    case 2:
      return Buffer.concat([head, ...Array.from({ length: 1 + next(200) }, () => middle), tail]);
    case 3:
      return Buffer.concat([head, pick().subarray(next(1_000))]);
    case 4:
      return head;
    default: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at % copy.length] = next(256);
      return copy;
    }
  }
}
