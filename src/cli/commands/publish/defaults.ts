import { join, resolve } from "node:path";
import { PROJECT_FILE } from "../../../config/project.ts";
import { UsageError } from "../../../errors.ts";
import { isInside } from "../../../system/inside.ts";
import { isObject } from "../../../system/json.ts";
import { readJsonFile } from "../../../system/read.ts";
import type { PublishOptions } from "./options.ts";

/** What a project says about how its documents are published: flags that are given win. */
export interface PublishDefaults {
  options: Pick<PublishOptions, "include" | "exclude" | "root" | "preset" | "width" | "format" | "links">;
  /** Folders by the names that paths start with. */
  aliases: ReadonlyMap<string, string>;
}

/** The section once its members have been checked. */
interface Section extends Pick<PublishOptions, "include" | "exclude" | "preset" | "width" | "format"> {
  roots?: string[];
  aliases?: Record<string, string>;
  links?: boolean;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string" && value !== "";
const areTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isWidth: Check = (value) => value === "auto" || (Number.isInteger(value) && Number(value) > 0);

const MEMBERS: Readonly<Record<string, [check: Check, what: string]>> = {
  include: [areTexts, "a list of patterns"],
  exclude: [areTexts, "a list of patterns"],
  roots: [areTexts, "a list of folders"],
  aliases: [(value) => isObject(value) && Object.values(value).every(isText), "an object of folders by name"],
  preset: [isText, "the name of a preset"],
  width: [isWidth, 'pixels, or "auto"'],
  format: [isText, "the name of a format"],
  links: [(value) => typeof value === "boolean", "true or false"]
};

/**
 * Reads the `publish` section of the project's `.imgwire.json`. Its folders are relative to the project and
 * don't lead out of it: the file comes with the repository.
 * @throws UsageError for a member that is unknown or not what it should be
 */
export function readDefaults(project: string): PublishDefaults {
  const path = join(project, PROJECT_FILE);
  const content = readJsonFile(path);
  const section = isObject(content) ? (content["publish"] ?? {}) : {};
  const refuse = (why: string): never => {
    throw new UsageError(`${path}: "publish"${why}.`, {
      hint: `It may have: ${Object.keys(MEMBERS).join(", ")}.`
    });
  };
  if (!isObject(section)) return refuse(" must be an object");
  for (const [name, value] of Object.entries(section)) {
    const [check, what] = MEMBERS[name] ?? refuse(`.${name} is unknown`);
    if (!check(value)) refuse(`.${name} must be ${what}`);
  }
  const inProject = (folder: string): string => {
    const full = resolve(project, folder);
    return isInside(full, project) ? full : refuse(` names ${folder}, which is outside the project`);
  };
  const { roots, aliases = {}, links, ...rest } = section as Section;
  return {
    options: { ...rest, ...(roots && { root: roots.map(inProject) }), ...(links && { links }) },
    aliases: new Map(Object.entries(aliases).map(([name, folder]) => [name, inProject(folder)]))
  };
}
