import { readDocument } from "../../src/documents/document.ts";
import { join } from "node:path";
import { publish, put, putImages } from "./project.ts";

/** The resources used by one run. */
export interface Measurement {
  cpuMs: number;
  /** The peak memory of the process, including preparation. */
  peakMb: number;
  writtenKb: number;
}

/** A quantity that can grow. */
export interface Dimension {
  name: string;
  what: string;
  sizes: readonly number[];
  /** The value that must not grow faster than n log n. */
  measured: keyof Measurement;
  /** The limits for the largest size. */
  limits?: Partial<Record<"cpuMs" | "peakMb", number>>;
  /** Creates a project in a folder and returns the action to measure. */
  prepare: (folder: string, size: number) => Promise<() => unknown>;
}

const PROSE = "Some text with *emphasis*, a [link](https://example.com/) and `code`, as documents have it.\n";

/** Markdown with a number of lines, every twentieth of which has an image. */
function markdown(lines: number, images: readonly string[]): string {
  return Array.from({ length: lines }, (_, line) => {
    if (line % 20 === 10) return `![picture](${images[((line / 20) % images.length) | 0] ?? ""})\n`;
    return line % 7 === 0 ? "\n" : PROSE;
  }).join("");
}

/** Writes documents that show ten images each. */
function putDocuments(folder: string, images: readonly string[]): readonly string[] {
  return Array.from({ length: Math.ceil(images.length / 10) }, (_, index) => {
    const shown = images.slice(index * 10, index * 10 + 10);
    put(folder, `docs-${index}.md`, shown.map((name) => `![picture](${name})\n\n${PROSE}`).join("\n"));
    return `docs-${index}.md`;
  });
}

export const DIMENSIONS: readonly Dimension[] = [
  {
    name: "length",
    what: "one document, by lines of Markdown",
    sizes: [15_000, 30_000, 60_000, 120_000],
    measured: "cpuMs",
    limits: { peakMb: 1_024 },
    prepare(folder, size) {
      put(folder, "long.md", markdown(size, putImages(folder, 100)));
      return Promise.resolve(() => publish(folder, ["long.md"]));
    }
  },
  {
    name: "documents",
    what: "documents of 40 lines",
    sizes: [500, 1_000, 2_000, 4_000],
    measured: "cpuMs",
    prepare(folder, size) {
      const images = putImages(folder, 100);
      const names = Array.from({ length: size }, (_, index) => `${index}.md`);
      for (const name of names) put(folder, name, markdown(40, images));
      return Promise.resolve(() => publish(folder, names));
    }
  },
  {
    name: "references",
    what: "references on a published page",
    sizes: [4_000, 8_000, 16_000, 32_000],
    measured: "cpuMs",
    async prepare(folder, size) {
      const images = putImages(folder, 100);
      const references = Array.from({ length: size }, (_, index) => `![x](${images[index % 100] ?? ""})\n`);
      put(folder, "page.md", references.join("\n"));
      await publish(folder, ["page.md"]);
      return () => publish(folder, ["page.md"]);
    }
  },
  {
    name: "lock",
    what: "published images, second run",
    sizes: [2_000, 4_000, 8_000, 16_000],
    measured: "cpuMs",
    limits: { cpuMs: 10_000 },
    async prepare(folder, size) {
      const documents = putDocuments(folder, putImages(folder, size));
      await publish(folder, documents);
      return () => publish(folder, documents);
    }
  },
  {
    name: "urls",
    what: "external URLs on a page, and as many images in the lock file",
    sizes: [2_000, 4_000, 8_000, 16_000],
    measured: "cpuMs",
    async prepare(folder, size) {
      await publish(folder, putDocuments(folder, putImages(folder, size)));
      const urls = Array.from(
        { length: size },
        (_, index) => `![x](https://example.com/a/${index}.png?x=1#y)\n`
      );
      put(folder, "page.md", urls.join("\n"));
      return () => publish(folder, ["page.md"]);
    }
  },
  {
    name: "first",
    what: "images of a first publication, bytes written",
    sizes: [1_000, 2_000, 4_000, 8_000],
    measured: "writtenKb",
    prepare(folder, size) {
      const documents = putDocuments(folder, putImages(folder, size));
      return Promise.resolve(() => publish(folder, documents));
    }
  },
  {
    name: "siblings",
    what: "sibling elements of an HTML page",
    ...readingHtml("<p>x</p>")
  },
  {
    name: "nesting",
    what: "nested elements of an HTML page",
    ...readingHtml("<div>")
  }
];

/** Reads a page with an image after `size` repetitions of a piece of HTML. */
function readingHtml(piece: string): Pick<Dimension, "sizes" | "measured" | "prepare"> {
  return {
    sizes: [10_000, 20_000, 40_000, 80_000],
    measured: "cpuMs",
    prepare(folder, size) {
      put(folder, "page.html", `${piece.repeat(size)}<img src="a.png">`);
      return Promise.resolve(() => readDocument(join(folder, "page.html")));
    }
  };
}
