import { existsSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { codeOf, ImgwireError, messageOf } from "../errors.ts";
import { isObject, type JsonObject } from "../system/json.ts";
import { isOnlyOurs } from "../system/private-folder.ts";
import { readJsonFile } from "../system/read.ts";

/** The name of the file that chooses an Environment and a sign-in for a project folder. */
export const PROJECT_FILE = ".imgwire.json";

/** A project file that was found. */
export interface Project {
  path: string;
  environment: string | undefined;
  profile: string | undefined;
  /**
   * Why the file can't be used, as a sentence that names it. Nothing may then run as if no choice had been
   * made.
   */
  problem?: string;
}

/**
 * Finds the nearest `.imgwire.json` from a folder upward. The search includes the home folder or the root of
 * a repository and ends there. It stops before a folder that another user owns or may write to, because their
 * files must not choose anything here.
 *
 * Only the names of an Environment and a profile are read, so that a file in somebody's repository can't
 * point the program at another server.
 */
export function findProject(from: string, home = homedir()): Project | undefined {
  for (let folder = from; isTrusted(folder); folder = dirname(folder)) {
    const project = readProject(join(folder, PROJECT_FILE));
    const isLast = folder === home || dirname(folder) === folder || existsSync(join(folder, ".git"));
    if (project || isLast) return project;
  }
  return undefined;
}

/** Whether only this user and the system can create files in a folder. */
function isTrusted(folder: string): boolean {
  try {
    return isOnlyOurs(statSync(folder));
  } catch {
    return false;
  }
}

function readProject(path: string): Project | undefined {
  const none = { path, environment: undefined, profile: undefined };
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats || !isOnlyOurs(stats)) return undefined;
    const content = readJsonFile(path);
    if (content === undefined) return undefined;
    if (!isObject(content)) return { ...none, problem: `${path} is not a JSON object.` };
    const { environment, profile } = content;
    if (!isName(environment))
      return { ...none, problem: `${path}: "environment" must be a non-empty string.` };
    if (!isName(profile)) return { ...none, problem: `${path}: "profile" must be a non-empty string.` };
    return { path, environment: environment ?? undefined, profile: profile ?? undefined };
  } catch (error) {
    return { ...none, problem: messageOf(error) };
  }
}

function isName(value: unknown): value is string | null | undefined {
  return value === undefined || value === null || (typeof value === "string" && value !== "");
}

/**
 * Writes the Environment into a project file, or removes it if undefined. The id is what counts; the name is
 * for people who read the file. Other members are kept; a file that would be left without any is deleted.
 * @throws ImgwireError `project_file_invalid` for a file that isn't a JSON object, and whatever
 *   `writeFileAtomic` throws; the file is then unchanged
 */
export async function saveProject(
  path: string,
  environment: { id: string; name: string } | undefined
): Promise<void> {
  const content = readContent(path);
  for (const [member, value] of [
    ["environment", environment?.id],
    ["environmentName", environment?.name]
  ] as const) {
    if (value === undefined) delete content[member];
    else content[member] = value;
  }
  if (Object.keys(content).length === 0) return rmSync(path, { force: true });
  const { writeFileAtomic } = await import("../system/write.ts");
  await writeFileAtomic(path, `${JSON.stringify(content, undefined, 2)}\n`, {
    // Meant to be shared, like the project's other files.
    mode: 0o644,
    within: dirname(path)
  });
}

function readContent(path: string): JsonObject {
  try {
    const content = readJsonFile(path) ?? {};
    if (isObject(content)) return { ...content };
    throw invalid(`${path} is not a JSON object.`);
  } catch (error) {
    throw codeOf(error) === "file_invalid" ? invalid(messageOf(error), error) : error;
  }
}

function invalid(message: string, cause?: unknown): ImgwireError {
  return new ImgwireError("project_file_invalid", message, {
    hint: "The file wasn't changed. Fix it, then try again.",
    cause
  });
}
