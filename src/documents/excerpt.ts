/** A shortened copy of a source text for the parser, with a function that maps its offsets to the source. */
export interface Excerpt {
  text: string;
  toSource: (offset: number) => number;
}

/** Builds an excerpt piece by piece. */
export class Excerpts {
  readonly #parts: string[] = [];
  /** The offsets at which the shift changes, and the shift from there on. */
  readonly #starts: number[] = [];
  readonly #shifts: number[] = [];
  #length = 0;
  #read = 0;

  /** Copies the next piece of the source. */
  keep(piece: string): void {
    this.#add(piece);
    this.#read += piece.length;
  }

  /** Replaces the next `length` characters of the source with a text. */
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
 * Finds the last of the given stretches that starts at or before an offset.
 * @param stretches sorted by start
 * @returns its index; 0 if there is none
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

/** Splits a text into lines and keeps their line breaks. */
export function linesOf(text: string): string[] {
  return text.split(/(?<=\n|\r(?!\n))/);
}
