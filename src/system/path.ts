import { isAbsolute, relative, sep } from "node:path";

/** Whether a path is the folder itself or below it; both absolute. */
export function isInside(path: string, folder: string): boolean {
  const fromFolder = relative(folder, path);
  return fromFolder !== ".." && !fromFolder.startsWith(`..${sep}`) && !isAbsolute(fromFolder);
}

/** The path that leads from a folder to another path, with `/` on every system; both absolute. */
export function slashPath(folder: string, path: string): string {
  return relative(folder, path).split(sep).join("/");
}
