import { dirname, join } from "node:path";
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
