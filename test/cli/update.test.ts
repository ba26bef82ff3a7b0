import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Terminal } from "../../scripts/terminal/terminal.ts";
import { isNewer } from "../../src/cli/update/newest.ts";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, bin, imgwire } from "../support/program.ts";

let registry: Server;
let imgwireServer: Server;
let asked: string[];
let answer: string | undefined;
let home: string;
let env: Record<string, string>;

/** A registry, and a stand-in for Imgwire that answers only after the registry has answered, if it does. */
beforeEach(async () => {
  asked = [];
  answer = '{"name": "imgwire-mcp", "version": "99.1.0"}';
  let answered = (): void => undefined;
  const registryIsDone = new Promise<void>((resolve) => (answered = resolve));
  registry = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (answer !== undefined) response.end(answer, () => answered());
  }).listen(0, "127.0.0.1");
  imgwireServer = createServer((request, response) => {
    request.resume();
    void Promise.race([registryIsDone, once(request, "end")])
      .then(() => (answer === undefined ? undefined : registryIsDone))
      .then(() => setImmediate(() => response.writeHead(404).end()));
  }).listen(0, "127.0.0.1");
  await Promise.all([once(registry, "listening"), once(imgwireServer, "listening")]);
  home = mkdtempSync(join(tmpdir(), "update-"));
  env = baseEnv({
    HOME: home,
    IMGWIRE_CONFIG_DIR: join(home, "config"),
    IMGWIRE_MCP_URL: `${urlOf(imgwireServer)}mcp`,
    IMGWIRE_ACCESS_TOKEN: "token",
    IMGWIRE_NO_UPDATE_NOTIFIER: "",
    npm_config_registry: urlOf(registry)
  });
});
afterEach(async () => {
  for (const server of [registry, imgwireServer]) {
    server.closeAllConnections();
    server.close();
  }
  await removeFolder(home);
});

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function onTerminal(more: Record<string, string> = {}): Promise<string> {
  const terminal = new Terminal([process.execPath, bin("imgwire"), "list"], {
    columns: 120,
    env: { ...env, ...more }
  });
  await terminal.exited;
  terminal.close();
  return terminal.text();
}

describe("the notice of a newer version [cli.update-notice]", { timeout: 60_000 }, () => {
  it("shows a newer version on a terminal once a day, and asks the registry once a day", async () => {
    expect(await onTerminal()).toMatch(
      /imgwire-mcp 99\.1\.0 is available; you have \d.*npm install -g imgwire-mcp@latest/
    );
    expect(await onTerminal()).not.toContain("99.1.0");
    expect(asked).toEqual(["/imgwire-mcp/latest"]);
  });

  it("doesn't wait for a registry that never answers", async () => {
    answer = undefined;
    expect(await onTerminal()).not.toContain("is available");
  });

  it.each([
    ["isn't JSON", "<html>"],
    ["names no version", "{}"],
    ["names something other than a release", '{"version": "99.0.0-\\u001b[31mbeta"}'],
    ["is older", '{"version": "0.0.1"}']
  ])("shows no notice for an answer that %s", async (_, given) => {
    answer = given;
    expect(await onTerminal()).not.toContain("is available");
  });

  it.each([
    ["IMGWIRE_NO_UPDATE_NOTIFIER", { IMGWIRE_NO_UPDATE_NOTIFIER: "1" }],
    ["CI", { CI: "true" }],
    ["an agent", { CLAUDECODE: "1" }]
  ])("neither looks for nor shows a newer version with %s", async (_, more) => {
    answer = undefined;
    expect(await onTerminal(more)).not.toContain("is available");
    expect(asked).toEqual([]);
  });

  it("neither looks for nor shows a newer version in a pipe", async () => {
    answer = undefined;
    const { stderr } = await imgwire(["list"], env);
    expect(stderr).not.toContain("is available");
    expect(asked).toEqual([]);
  });
});

it.each([
  ["1.2.3", "1.2.2", true],
  ["1.10.0", "1.9.9", true],
  ["2.0.0", "2.0.0-beta.1", true],
  ["1.2.3", "1.2.3", false],
  ["0.9.9", "1.0.0", false]
])("compares versions: %s is newer than %s: %s", (release, version, newer) => {
  expect(isNewer(release, version)).toBe(newer);
});
