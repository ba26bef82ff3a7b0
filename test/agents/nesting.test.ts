import { expect, it } from "vitest";
import { ConfigTextError } from "../../src/agents/formats/format.ts";
import { json, jsonc } from "../../src/agents/formats/json.ts";
import { toml } from "../../src/agents/formats/toml.ts";
import { yaml } from "../../src/agents/formats/yaml.ts";

const DEEP = 100_000;

it.each([
  ["unclosed JSON arrays", json, `{"a":\n${"[".repeat(DEEP)}`],
  ["closed JSON arrays", json, `{"a":\n${"[".repeat(DEEP)}${"]".repeat(DEEP)}}`],
  ["objects in JSON with comments", jsonc, `{"a":\n${'{"a":'.repeat(DEEP)}`],
  ["TOML arrays", toml, `a = 1\nb = ${"[".repeat(DEEP)}`],
  ["TOML inline tables", toml, `a = 1\nb = ${"{a=".repeat(DEEP)}`],
  ["YAML flow sequences", yaml, `a:\n ${"[".repeat(DEEP)}`],
  ["YAML block sequences", yaml, `a:\n ${"- ".repeat(DEEP)}`],
  ["YAML flow mappings", yaml, `a:\n ${"{a: ".repeat(DEEP)}`]
])("refuses deeply nested %s and gives the line [agents.nesting-is-refused]", (_, format, text) => {
  let refused: unknown;
  try {
    format.parse(text);
  } catch (error) {
    refused = error;
  }
  expect(refused).toBeInstanceOf(ConfigTextError);
  expect(refused).toMatchObject({ line: 2 });
});
