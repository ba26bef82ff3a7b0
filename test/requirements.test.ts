import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { REQUIREMENTS } from "./requirements.ts";

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

it("lists every requirement that a test cites", () => {
  expect([...cited].filter((id) => !(id in REQUIREMENTS))).toEqual([]);
});
