import { readFileSync } from "node:fs";
import { codeOf } from "../errors.ts";

/**
 * Reads a small JSON file.
 * @returns the parsed value, or undefined when the file does not exist
 * @throws SyntaxError when it is not JSON; the file system's error when it cannot be read
 */
export function readJsonFile(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    throw error;
  }
  return JSON.parse(text.replace(/^\uFEFF/, ""));
}
