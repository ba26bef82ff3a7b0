import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin } from "../program.ts";
import { converse, meet, overHttp, type Step, throughProgram } from "./conversation.ts";
import type { McpCounterpart } from "./counterparts.ts";
import { ALLOWED, OWN_STEPS } from "./differences.ts";
import type { Installed } from "./install.ts";
import { ServerProcess } from "./process.ts";
import type { Check } from "./sign-in.ts";

/** A value that differs between the two sides. */
interface Difference {
  path: string;
  direct: unknown;
  through: unknown;
}

/**
 * Has the same conversation with a server directly and through the program, and compares every message.
 * Values that differ between two direct conversations, such as times and random ids, are ignored.
 */
export async function checkMessages(counterpart: McpCounterpart, installed: Installed): Promise<Check[]> {
  const server = await ServerProcess.start(counterpart, installed);
  const folder = mkdtempSync(join(tmpdir(), "imgwire-compare-"));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_MCP_URL: server.url,
    IMGWIRE_TOKEN_STORE: "memory",
    BROWSER: "none"
  };
  try {
    const first = await converse(overHttp(server.url), counterpart);
    const second = await converse(overHttp(server.url), counterpart);
    // On a busy machine, a server may be too slow for the first answer of a program that doesn't know it yet.
    await meet(throughProgram([bin("imgwire-mcp")], env), counterpart);
    const through = await converse(throughProgram([bin("imgwire-mcp")], env), counterpart);
    return compare(first, second, through);
  } finally {
    await server.remove();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function compare(first: Step[], second: Step[], through: Step[]): Check[] {
  const others = new Map(first.map((step) => [step, undefined as Step | undefined]));
  const only = through.filter((step) => {
    // A name can occur several times, for the pages of a list.
    const match = first.find(({ name }, index) => name === step.name && !others.get(first[index]!));
    if (match) others.set(match, step);
    return !match;
  });
  const checks = first.map((step, index): Check => {
    const volatile = new Set(differences(step, second[index]).map(({ path }) => path));
    const found = differences(step, others.get(step)).filter(
      (difference) => !volatile.has(difference.path) && !isAllowed(step.name, difference)
    );
    return found.length === 0
      ? { name: step.name }
      : { name: step.name, failed: found.map(describe).join("\n") };
  });
  const more = only
    .filter(({ name }) => !OWN_STEPS.test(name))
    .map(({ name }) => ({ name, failed: "only through the program" }));
  return [...checks, ...more];
}

function isAllowed(step: string, { path, direct, through }: Difference): boolean {
  return ALLOWED.some(
    (allowed) =>
      allowed.step.test(step) &&
      allowed.path.test(path) &&
      allowed.direct.test(show(direct)) &&
      allowed.through.test(show(through))
  );
}

function differences(direct: unknown, through: unknown, path = ""): Difference[] {
  if (Object.is(direct, through)) return [];
  if (!isContainer(direct) || !isContainer(through) || Array.isArray(direct) !== Array.isArray(through))
    return [{ path, direct, through }];
  const keys = new Set([...Object.keys(direct), ...Object.keys(through)]);
  return [...keys].flatMap((key) =>
    differences(direct[key], through[key], path === "" ? key : `${path}.${key}`)
  );
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function describe({ path, direct, through }: Difference): string {
  const excerpt = (value: unknown): string => show(value).slice(0, 300);
  return `    ${path}\n      direct:  ${excerpt(direct)}\n      through: ${excerpt(through)}`;
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? "nothing";
}
