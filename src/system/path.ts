import { isAbsolute, relative, sep } from "node:path";

/** Whether a path is the folder itself or below it; both absolute. */
export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
/** The path that leads from a folder to another path, with `/` on every system; both absolute. */
export function slashPath(folder: string, path: string): string {
  return relative(folder, path).split(sep).join("/");
}
