import { mkdtempSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, bin, imgwire } from "../support/program.ts";

let portal: Server;
let folder: string;
let env: Record<string, string>;

/** A captive portal: its sign-in page is the answer to every request. */
beforeEach(async () => {
  portal = createServer((_req, res) => {
    res.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<html><h1>Welcome</h1></html>");
  });
  await new Promise<void>((resolve) => portal.listen(0, "127.0.0.1", resolve));
  folder = mkdtempSync(join(tmpdir(), "imgwire-portal-"));
  const url = `http://127.0.0.1:${(portal.address() as AddressInfo).port}/mcp`;
  env = baseEnv({
    HOME: folder,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_MCP_URL: url,
    IMGWIRE_TOKEN_STORE: "file",
    BROWSER: "none"
  });
});
afterEach(async () => {
  portal.closeAllConnections();
  portal.close();
  await removeFolder(folder);
});

const SAID = /answered with a web page.*sign in to the network/is;

it("reports a captive portal in the answer to a call [mcp.captive-portal]", async () => {
  const driver = new StdioDriver({ args: [bin("imgwire-mcp")], env: { ...env, IMGWIRE_ACCESS_TOKEN: "x" } });
  await driver.initialize();
  const answer = await driver.call("whoami");
  expect(JSON.stringify(answer)).toMatch(SAID);
  await driver.end();
});

it("reports a captive portal in login instead of a refused registration [mcp.captive-portal]", async () => {
  const outcome = await imgwire(["login"], env);
  expect(outcome.code).not.toBe(0);
  expect(outcome.stderr).toMatch(SAID);
});

it("fails doctor's server check behind a captive portal [mcp.captive-portal]", async () => {
  const { stdout } = await imgwire(["doctor", "--json"], env);
  const { checks } = JSON.parse(stdout) as { checks: { id: string; status: string; message: string }[] };
  const server = checks.find(({ id }) => id === "network");
  expect(server).toMatchObject({ status: "fail", message: expect.stringMatching(/web page/) as string });
});
