import { posix, win32 } from "node:path";
import { fileURLToPath } from "node:url";
import { ImgwireError } from "../errors.ts";
import { isDeviceName } from "./harmless-name.ts";

/** What `~` and relative paths are resolved against. */
export interface PathContext {
  /** The client's roots as absolute paths, in the client's order. */
  clientRoots: readonly string[];
  cwd: string;
  home: string;
  platform: NodeJS.Platform;
}

/**
 * Turns a path typed by an agent or a person into a list of absolute paths to try. An absolute path, `~/` or
 * `file://` yields one. A relative path yields one per client root and one for the working directory, since
 * an agent may start this program in `/`.
 * @throws ImgwireError `path_refused` if it can't name a local file
 */
export function candidatePaths(typed: string, context: PathContext): readonly string[] {
  const path = context.platform === "win32" ? win32 : posix;
  const expanded = fromHome(fromFileUrl(typed, context.platform), context);
  refuseForeign(expanded, typed, context.platform);
  if (path.isAbsolute(expanded)) return [path.normalize(expanded)];
  const bases = [...context.clientRoots, context.cwd];
  return [...new Set(bases.map((base) => path.resolve(base, expanded)))];
}

function fromFileUrl(typed: string, platform: NodeJS.Platform): string {
  if (!/^file:/i.test(typed)) return typed;
  try {
    const url = new URL(typed);
    if (url.hostname !== "" && url.hostname !== "localhost") {
      throw refusedPath(typed, "it names another host");
    }
    url.hostname = "";
    return fileURLToPath(url, { windows: platform === "win32" });
  } catch (error) {
    if (error instanceof ImgwireError) throw error;
    throw refusedPath(typed, `it is not a usable file URL (${(error as Error).message})`);
  }
}

function fromHome(path: string, { home, platform }: PathContext): string {
  const marked = path === "~" || path.startsWith("~/") || (platform === "win32" && path.startsWith("~\\"));
  return marked ? home + path.slice(1) : path;
}

/** Refuses paths that the system would interpret as something other than a local file. */
function refuseForeign(path: string, typed: string, platform: NodeJS.Platform): void {
  if (path === "") throw refusedPath(typed, "it is empty");
  if (path.includes("\0")) throw refusedPath(typed, "it contains a NUL character");
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) throw refusedPath(typed, "it is a URL, not a local file");
  if (platform !== "win32") return;
  if (/^[\\/]{2}/.test(path)) throw refusedPath(typed, "it names a network share or a device");
  if (/^[a-z]:(?![\\/])/i.test(path)) throw refusedPath(typed, "it is relative to a drive");
  if (path.replace(/^[a-z]:/i, "").includes(":"))
    throw refusedPath(typed, "it names an alternate data stream of a file");
  if (path.split(/[\\/]/).some(isDeviceName)) throw refusedPath(typed, "it names a Windows device");
}

function refusedPath(typed: string, reason: string): ImgwireError {
  return new ImgwireError("path_refused", `${JSON.stringify(typed)} cannot be used as a path: ${reason}.`, {
    hint: "Give the path of a local file: absolute, starting with ~/, or relative to the project."
  });
}
