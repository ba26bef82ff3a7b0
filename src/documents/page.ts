import { indexAt, linesOf } from "./excerpt.ts";
import { findInHtml } from "./html.ts";
import { moved, type Reference } from "./reference.ts";

/**
 * A piece of the page: either text copied from the document at offset `source`, or a stand-in for a Markdown
 * image (its reference, or the identifier of its definition).
 */
interface Piece {
  at: number;
  length: number;
  source: number | string | Reference;
}

/** All HTML of a document as one text, with a mapping back to the document. */
export class Page {
  #html = "";
  readonly #pieces: Piece[] = [];
  readonly #definitions = new Map<string, Reference>();

  /** Adds a definition. The first one of a label counts (CommonMark 0.31, section 4.7). */
  define(identifier: string, reference: Reference | undefined): void {
    if (reference && !this.#definitions.has(identifier)) this.#definitions.set(identifier, reference);
  }

  /** @param image its reference, or the identifier of a definition that may come later */
  addImage(image: Reference | string | undefined): void {
    if (image === undefined) return;
    this.#html += '<img src="';
    this.#add("image", image);
    this.#html += '">';
  }

  /**
   * Adds HTML line by line. In the document, block quote markers or a list's indentation may precede each
   * line. The node's value lacks them, so lines are aligned at their ends.
   */
  addHtml(html: string, text: string, { start, end }: Pick<Reference, "start" | "end">): void {
    const written = linesOf(text.slice(start, end));
    let lineEnd = start;
    for (const [index, line] of linesOf(html).entries()) {
      lineEnd += written[index]?.length ?? 0;
      this.#add(line, lineEnd - line.length);
    }
  }

  references(): Reference[] {
    const found = new Map<number, Reference>();
    for (const reference of findInHtml(this.#html).references) {
      const original = this.#original(reference);
      if (original) found.set(original.start, original);
    }
    return [...found.values()].sort((a, b) => a.start - b.start);
  }

  #add(html: string, source: Piece["source"]): void {
    this.#pieces.push({ at: this.#html.length, length: html.length, source });
    this.#html += html;
  }

  /** Maps a reference to the document; undefined if it spans lines, which no usable URL does. */
  #original(reference: Reference): Reference | undefined {
    const piece = this.#pieceAt(reference.start);
    if (!piece || reference.end > piece.at + piece.length) return undefined;
    if (typeof piece.source === "string") return this.#definitions.get(piece.source);
    if (typeof piece.source === "object") return piece.source;
    const original = moved(reference, piece.source - piece.at);
    // Sites that render Markdown remove `srcset`.
    delete original.srcset;
    return original;
  }

  #pieceAt(offset: number): Piece | undefined {
    return this.#pieces[indexAt(offset, this.#pieces, ({ at }) => at)];
  }
}
