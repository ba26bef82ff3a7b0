/** A text to be parsed in place of another, and where each of its places is in that one. */
export interface Excerpt {
  text: string;
  toSource: (offset: number) => number;
}

/** Puts such a text together, piece by piece. */
export class Excerpts {
  readonly #parts: string[] = [];
  /** From these places on, the source is so much further. */
  readonly #starts: number[] = [];
  readonly #shifts: number[] = [];
  #length = 0;
  #read = 0;

  /** Takes over a piece of the source. */
  keep(piece: string): void {
    this.#add(piece);
    this.#read += piece.length;
  }

  /** Puts a text in the place of so many characters of the source. */
  replace(text: string, length: number): void {
    this.#add(text);
    this.#read += length;
  }

  done(): Excerpt {
    return { text: this.#parts.join(""), toSource: (offset) => offset + this.#shiftAt(offset) };
  }

  #add(text: string): void {
    const shift = this.#read - this.#length;
    if (this.#shifts.at(-1) !== shift) {
      this.#starts.push(this.#length);
      this.#shifts.push(shift);
    }
    this.#parts.push(text);
    this.#length += text.length;
  }

  #shiftAt(offset: number): number {
    return this.#shifts[indexAt(offset, this.#starts, (start) => start)] ?? 0;
  }
}

/**
 * The index of the last of some stretches that starts at an offset or before it; 0 if none does.
 * @param stretches in the order of their starts
 */
export function indexAt<T>(offset: number, stretches: readonly T[], startOf: (stretch: T) => number): number {
  let [low, high] = [0, stretches.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (startOf(stretches[middle]!) <= offset) low = middle;
    else high = middle;
  }
  return low;
}

/** The lines of a text, each with its line break. */
export function linesOf(text: string): string[] {
  return text.split(/(?<=\n|\r(?!\n))/);
}
