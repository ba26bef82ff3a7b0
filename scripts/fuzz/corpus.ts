import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "corpus");

/** The inputs to mutate: the files in the target's folder, and the empty input. */
export function corpusOf(target: string): readonly Buffer[] {
  const folder = join(FOLDER, target);
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  return [...files.map((name) => readFileSync(join(folder, name))), Buffer.alloc(0)];
}
