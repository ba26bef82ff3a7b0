import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readDefaults } from "../../src/cli/commands/publish/defaults.ts";
import { freshFolder, put } from "../transfer/samples.ts";

let folder: Awaited<ReturnType<typeof freshFolder>>;

beforeEach(async () => {
  folder = await freshFolder();
});

afterEach(() => folder.remove());

const schema = JSON.parse(
  readFileSync(new URL("../../docs/imgwire.schema.json", import.meta.url), "utf8")
) as object;
const validate = new Ajv2020({ allowUnionTypes: true }).compile(schema);

const MEMBERS = [
  ...["include", "exclude", "roots", "aliases", "preset", "width", "format", "srcset", "links"],
  ...["frontMatter", "stripMetadata", "constructor", "colour"]
];
const VALUES = [
  true,
  "auto",
  "x",
  "",
  0,
  1,
  1.5,
  9000,
  null,
  [],
  ["x"],
  [""],
  [480, 960],
  [0],
  {},
  { a: "x" },
  { a: 1 }
];

it.each(MEMBERS)(
  "accepts the same %s in the schema of the project's file as in the program [documents.project-section]",
  async (member) => {
    for (const value of VALUES) {
      const content = { publish: { [member]: value } };
      await put(folder.path, ".imgwire.json", JSON.stringify(content));
      const isTaken = ((): boolean => {
        try {
          readDefaults(folder.path);
          return true;
        } catch {
          return false;
        }
      })();
      expect({ value, valid: validate(content) }).toEqual({ value, valid: isTaken });
    }
  }
);
