import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import formats from "ajv-formats";
import { expect, it } from "vitest";
import { serverJson } from "../../scripts/release/server-json.ts";
import { readProject } from "../../scripts/release/project.ts";
import { ROOT } from "../support/program.ts";

interface Entry {
  $schema: string;
  name: string;
  description: string;
  packages: { registryType: string }[];
}

/** The registry's own schema, as modelcontextprotocol/static publishes it. */
const SCHEMA = readJson("test/release/schemas/server.schema.json") as { $id: string };
const ajv = new Ajv({ strict: false, allErrors: true });
formats(ajv);
const validate = ajv.compile(SCHEMA);
const project = readProject();
const committed = readJson("server.json") as Entry;
const released = serverJson(project, { file: "x.mcpb", sha256: "a".repeat(64) }) as unknown as Entry;

it.each([
  ["as committed", committed, ["npm"]],
  ["with the bundle, as released", released, ["npm", "mcpb"]]
])("conforms to the registry's schema with server.json %s [release.registry-entry]", (_, entry, types) => {
  validate(entry);
  expect(validate.errors).toBeNull();
  expect(entry.$schema).toBe(SCHEMA.$id);
  expect(entry.name).toBe(project.mcpName);
  expect(entry.packages.map(({ registryType }) => registryType)).toEqual(types);
});

it("violates the registry's schema with a description of more than 100 characters [release.registry-entry]", () => {
  expect(validate({ ...committed, description: "x".repeat(101) })).toBe(false);
});

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}
