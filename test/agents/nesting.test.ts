import { expect, it } from "vitest";
import { ConfigTextError } from "../../src/agents/formats/format.ts";
import { json, jsonc } from "../../src/agents/formats/json.ts";
import { toml } from "../../src/agents/formats/toml.ts";
import { yaml } from "../../src/agents/formats/yaml.ts";

const DEEP = 100_000;

it.each([
  ["JSON, of lists", json, `{"a":\n${"[".repeat(DEEP)}`],
  ["JSON, closed again", json, `{"a":\n${"[".repeat(DEEP)}${"]".repeat(DEEP)}}`],
  ["JSON with comments, of objects", jsonc, `{"a":\n${'{"a":'.repeat(DEEP)}`],
  ["TOML, of lists", toml, `a = 1\nb = ${"[".repeat(DEEP)}`],
  ["TOML, of inline tables", toml, `a = 1\nb = ${"{a=".repeat(DEEP)}`],
  ["YAML, of lists", yaml, `a:\n ${"[".repeat(DEEP)}`],
  ["YAML, of dashes", yaml, `a:\n ${"- ".repeat(DEEP)}`],
  ["YAML, of mappings in a line", yaml, `a:\n ${"{a: ".repeat(DEEP)}`]
])(
  "refuses %s that is nested too deeply, with its position [agents.nesting-is-refused]",
  (_, format, text) => {
    let refused: unknown;
    try {
      format.parse(text);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(ConfigTextError);
    expect(refused).toMatchObject({ line: 2 });
  }
);
