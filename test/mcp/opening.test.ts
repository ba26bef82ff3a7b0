import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, it } from "vitest";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, bin } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "opening-"));
afterAll(() => removeFolder(folder));

const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "t", version: "1" } };
const INITIALIZE = message({ id: 0, method: "initialize", params });

function message(members: object): string {
  return `${JSON.stringify({ jsonrpc: "2.0", ...members })}\n`;
}

function ping(id: unknown): string {
  return message({ id, method: "ping" });
}

/** Starts the program signed out, so that it contacts no server. */
function start(stdin: "pipe" | number = "pipe"): ChildProcess {
  return spawn(process.execPath, [bin("imgwire-mcp")], {
    env: baseEnv({ HOME: folder, IMGWIRE_CONFIG_DIR: folder }),
    stdio: [stdin, "pipe", "inherit"]
  });
}

/** The ids of its answers, in order, and its exit code. */
async function outcomeOf(child: ChildProcess): Promise<{ ids: unknown[]; code: unknown }> {
  const [written] = await Promise.all([text(child.stdout!), once(child, "exit")]);
  const lines = written.split("\n").filter((line) => line !== "");
  return { ids: lines.map((line) => (JSON.parse(line) as { id: unknown }).id), code: child.exitCode };
}

it("answers an initialize that takes several reads once [mcp.opening]", async () => {
  const clientInfo = { name: "x".repeat(200_000), version: "1" };
  const child = start();
  child.stdin!.end(message({ id: 0, method: "initialize", params: { ...params, clientInfo } }) + ping(1));
  expect(await outcomeOf(child)).toEqual({ ids: [0, 1], code: 0 });
});

it.each([
  ["two short requests", [1, "two"]],
  ["more than fits into one read", ["x".repeat(100_000), "y".repeat(100_000), 1]]
])("answers everything that arrives with the initialize: %s [mcp.opening]", async (_, ids) => {
  const child = start();
  child.stdin!.end(INITIALIZE + ids.map(ping).join(""));
  expect(await outcomeOf(child)).toEqual({ ids: [0, ...ids], code: 0 });
});

it("answers requests from a file on stdin [mcp.opening]", async () => {
  const path = join(folder, "requests.jsonl");
  writeFileSync(path, `${INITIALIZE}${ping(1)}${ping("x".repeat(100_000))}`);
  const file = openSync(path, "r");
  const child = start(file);
  closeSync(file);
  expect(await outcomeOf(child)).toEqual({ ids: [0, 1, "x".repeat(100_000)], code: 0 });
});

it("exits if the agent leaves without sending anything [mcp.opening]", async () => {
  const child = start();
  child.stdin!.end();
  expect(await outcomeOf(child)).toEqual({ ids: [], code: 0 });
});

it("exits on a signal before the agent has sent anything [mcp.opening]", async () => {
  const child = start();
  await once(child, "spawn");
  child.kill("SIGTERM");
  await once(child, "exit");
  expect(child.signalCode ?? child.exitCode).toBe("SIGTERM");
});
