import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PROMISES, REQUIREMENTS } from "./requirements.ts";

const ROOMS = [
  "agents",
  "auth",
  "cli",
  "config",
  "credentials",
  "documents",
  "mcp",
  "release",
  "system",
  "transfer"
];
const CITATION = new RegExp(`\\[((?:${ROOMS.join("|")})\\.[a-z0-9-]+)\\]`, "g");

const cited = new Set(
  readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .flatMap((name) => [...readFileSync(join(import.meta.dirname, name), "utf8").matchAll(CITATION)])
    .map((match) => match[1] ?? "")
);

it("cites every requirement in at least one test", () => {
  expect(Object.keys(REQUIREMENTS).filter((id) => !cited.has(id))).toEqual([]);
});

it("lists every id that a test cites", () => {
  expect([...cited].filter((id) => !(id in REQUIREMENTS))).toEqual([]);
});

it("lists each requirement once", () => {
  const ids = PROMISES.map(([id]) => id);
  expect(ids.filter((id, at) => ids.indexOf(id) !== at)).toEqual([]);
});

describe("the table of SECURITY.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../SECURITY.md"), "utf8");
  const named = [...page.matchAll(/`([a-z]+\.[a-z0-9-]+)`/g)].map((match) => match[1] ?? "");

  it("refers only to listed, and therefore tested, promises in SECURITY.md", () => {
    expect(named.filter((id) => ROOMS.includes(id.split(".")[0] ?? "") && !(id in REQUIREMENTS))).toEqual([]);
  });

  it("names a promise in each row of the table in SECURITY.md", () => {
    const table = page.slice(page.indexOf("| who "));
    const rows = table.slice(0, table.indexOf("\n\n")).split("\n").slice(2);
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((row) => !/`[a-z]+\.[a-z0-9-]+`/.test(row))).toEqual([]);
  });
});
