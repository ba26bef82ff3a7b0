import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { ImgwireError } from "../errors.ts";
import { readJsonFile } from "../system/file.ts";

/** The name of the file that chooses an Environment for a project folder. */
export const PROJECT_FILE = ".imgwire.json";

/** A project file that was found. */
export interface Project {
  path: string;
  environment: string | undefined;
  warnings: readonly string[];
}

/**
 * Finds the nearest `.imgwire.json` from a folder upward. Only its `environment` is read: a file that comes with
 * somebody's repository must not be able to point the program at another server. One that cannot be read is
 * reported in `warnings` and left as it is, since it belongs to the project.
 */
export function findProject(from: string): Project | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const project = readProject(join(folder, PROJECT_FILE));
    if (project || dirname(folder) === folder) return project;
  }
}

function readProject(path: string): Project | undefined {
  try {
    const content = readJsonFile(path);
    if (content === undefined) return undefined;
    const { environment } = content as { environment?: unknown };
    if (environment === undefined) return { path, environment: undefined, warnings: [] };
    if (typeof environment === "string" && environment) return { path, environment, warnings: [] };
    return { path, environment: undefined, warnings: [`${path} is ignored: "environment" must be a text.`] };
  } catch (error) {
    return { path, environment: undefined, warnings: [`${path} is ignored: ${(error as Error).message}`] };
  }
}

/** A project's file is there to be shared, as the other files of the project are. */
const MODE = 0o644;

/**
 * Writes the Environment into a project file, or with undefined takes it out; other members are kept, and a file
 * that would be left empty is removed.
 * @throws ImgwireError `project_file_invalid` for one that is no JSON object: it is left as it is
 */
export async function saveProject(path: string, environment: string | undefined): Promise<void> {
  const content = readContent(path);
  if (environment === undefined) delete content["environment"];
  else content["environment"] = environment;
  if (Object.keys(content).length === 0) return rmSync(path, { force: true });
  const { writeFileAtomic } = await import("../system/write.ts");
  await writeFileAtomic(path, `${JSON.stringify(content, undefined, 2)}\n`, MODE);
}

function readContent(path: string): Record<string, unknown> {
  try {
    const content: unknown = readJsonFile(path) ?? {};
    if (typeof content === "object" && content !== null && !Array.isArray(content)) return { ...content };
    throw new SyntaxError("it is not a JSON object");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ImgwireError("project_file_invalid", `${path} cannot be read: ${error.message}.`, {
      hint: "The file was left as it is. Correct it, then try again.",
      cause: error
    });
  }
}
