import { join, resolve } from "node:path";
import { PROJECT_FILE } from "../../../config/project.ts";
import { UsageError } from "../../../errors.ts";
import { isInside } from "../../../system/path.ts";
import { isObject } from "../../../system/json.ts";
import { readJsonFile } from "../../../system/read.ts";
import { MAX_PIXELS } from "../../input/number.ts";
import type { PublishOptions } from "./options.ts";

/** A project's publishing options. Flags take precedence. */
export interface PublishDefaults {
  options: Pick<
    PublishOptions,
    "include" | "exclude" | "root" | "preset" | "width" | "format" | "srcset" | "links"
  >;
  /** Path aliases and their folders. */
  aliases: ReadonlyMap<string, string>;
  /** Front matter fields that name images, in addition to the usual ones. */
  frontMatter: readonly string[];
  stripMetadata: boolean;
}

/** The section after validation. */
interface Section extends Pick<
  PublishOptions,
  "include" | "exclude" | "preset" | "width" | "format" | "srcset"
> {
  roots?: string[];
  aliases?: Record<string, string>;
  links?: boolean;
  frontMatter?: string[];
  stripMetadata?: boolean;
}

type Check = (value: unknown) => boolean;

/** A member of the section: its validation, and its descriptions for people and for editors. */
interface Member {
  check: Check;
  what: string;
  description: string;
  schema: object;
}

const isText: Check = (value) => typeof value === "string" && value !== "";
const areTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isPixels: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MAX_PIXELS;

const TEXT = { type: "string", minLength: 1 };
const TEXTS = { type: "array", items: TEXT };
const PIXELS = { type: "integer", minimum: 1, maximum: MAX_PIXELS };
const isBoolean: Check = (value) => typeof value === "boolean";

const MEMBERS: Readonly<Record<string, Member>> = {
  include: {
    ...{ check: areTexts, what: "a list of patterns", schema: TEXTS },
    description: "Only documents that match these .gitignore patterns."
  },
  exclude: {
    ...{ check: areTexts, what: "a list of patterns", schema: TEXTS },
    description: "Skip documents that match these .gitignore patterns."
  },
  roots: {
    ...{ check: areTexts, what: "a list of folders", schema: TEXTS },
    description: "Folders of the project that a leading / in a path refers to."
  },
  aliases: {
    check: (value) => isObject(value) && Object.values(value).every(isText),
    ...{ what: "an object of folders by name", schema: { type: "object", additionalProperties: TEXT } },
    description: "Path aliases such as @img, and the folders of the project that they refer to."
  },
  preset: {
    ...{ check: isText, what: "the name of a preset", schema: TEXT },
    description: "The preset that images are delivered with."
  },
  width: {
    check: (value) => value === "auto" || isPixels(value),
    ...{ what: 'pixels, or "auto"', schema: { anyOf: [{ const: "auto" }, PIXELS] } },
    description: "The width that images are delivered at; auto uses the width given in the document."
  },
  format: {
    ...{ check: isText, what: "the name of a format", schema: TEXT },
    description: "The format that images are delivered in."
  },
  srcset: {
    check: (value) => Array.isArray(value) && value.every(isPixels),
    ...{ what: "a list of pixels", schema: { type: "array", items: PIXELS } },
    description: "The widths that images in HTML and MDX are offered at."
  },
  links: {
    ...{ check: isBoolean, what: "true or false", schema: { type: "boolean" } },
    description: "Whether images that HTML links to are published as well."
  },
  frontMatter: {
    ...{ check: areTexts, what: "a list of fields", schema: TEXTS },
    description:
      "Front matter fields that name images, in addition to the usual ones such as image and cover."
  },
  stripMetadata: {
    ...{ check: isBoolean, what: "true or false", schema: { type: "boolean" } },
    description: "Whether locations, serial numbers and names are removed from images before they are sent."
  }
};

/** The JSON Schema of `.imgwire.json`. */
export function projectFileSchema(): object {
  const members = Object.entries(MEMBERS).map(([name, { schema, description }]) => {
    return [name, { ...schema, description }] as const;
  });
  const text = (description: string): object => ({ type: ["string", "null"], minLength: 1, description });
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: PROJECT_FILE,
    description: "Project settings for imgwire.",
    type: "object",
    properties: {
      environment: text("The Imgwire Environment, by id or exact name."),
      profile: text("The profile to use, if you have several sign-ins."),
      publish: {
        type: "object",
        description: "How imgwire publish works in this project. Flags take precedence.",
        properties: Object.fromEntries(members),
        additionalProperties: false
      }
    }
  };
}

/**
 * Reads the `publish` section of the project's `.imgwire.json`. Its folders are relative to the project and
 * must not lead out of it, since the file comes with the repository.
 * @throws UsageError for unknown members and invalid values
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
    const { check, what } = Object.hasOwn(MEMBERS, name)
      ? (MEMBERS[name] as Member)
      : refuse(`.${name} is unknown`);
    if (!check(value)) refuse(`.${name} must be ${what}`);
  }
  const inProject = (folder: string): string => {
    const full = resolve(project, folder);
    return isInside(full, project) ? full : refuse(` names ${folder}, which is outside the project`);
  };
  const { roots, aliases = {}, links, frontMatter = [], stripMetadata = false, ...rest } = section as Section;
  return {
    options: { ...rest, ...(roots && { root: roots.map(inProject) }), ...(links && { links }) },
    aliases: new Map(Object.entries(aliases).map(([name, folder]) => [name, inProject(folder)])),
    ...{ frontMatter, stripMetadata }
  };
}
