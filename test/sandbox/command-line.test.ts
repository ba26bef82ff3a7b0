import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseCommandLine } from "../../sandbox/options.ts";
import type { SandboxUrls } from "../../sandbox/sandbox.ts";
import { signIn } from "../../sandbox/client/oauth.ts";
import { removeFolder } from "../support/folder.ts";

const root = join(import.meta.dirname, "../..");
const running: ChildProcess[] = [];
let temporary: string;
beforeEach(async () => {
  temporary = await mkdtemp(join(tmpdir(), "sandbox-test-"));
});
afterEach(async () => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
  await removeFolder(temporary);
});

function sandbox(...args: string[]) {
  const child = spawn(process.execPath, ["--import", "tsx", join(root, "sandbox/main.ts"), ...args], {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["pipe", "pipe", "pipe"]
  });
  running.push(child);
  return child;
}

async function start(...args: string[]): Promise<{ child: ReturnType<typeof sandbox>; urls: SandboxUrls }> {
  const child = sandbox("--json", ...args);
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { child, urls: JSON.parse(line) as SandboxUrls };
}

const stored = async () => (await readdir(temporary)).filter((name) => name.startsWith("imgwire-sandbox-"));

describe("npm run sandbox", () => {
  it.each([
    ["standard input closes", (child: ReturnType<typeof sandbox>) => child.stdin.end()],
    ["SIGTERM", (child: ReturnType<typeof sandbox>) => child.kill("SIGTERM")],
    ["SIGINT", (child: ReturnType<typeof sandbox>) => child.kill("SIGINT")]
  ])("runs until %s and leaves nothing behind", async (_name, stop) => {
    const { child, urls } = await start("--auto-approve");
    expect(Object.keys(urls)).toEqual(["mcpUrl", "issuer", "storageUrl", "cdnUrl", "dashboardUrl"]);
    expect(await stored()).toHaveLength(1);
    // An open stream must not keep the sandbox alive.
    const { accessToken } = await signIn(urls);
    const stream = await listen(urls.mcpUrl, accessToken);
    const rest = text(child.stderr);
    stop(child);
    const [code] = (await once(child, "exit")) as [number];
    expect([code, await rest]).toEqual([0, ""]);
    await expect(stream.text()).rejects.toThrow();
    await expect(fetch(urls.issuer)).rejects.toThrow();
    expect(await stored()).toEqual([]);
  });

  it("lets a test in another process inspect it and inject faults", async () => {
    const { child, urls } = await start("--auto-approve", "--environments", "one,two", "--link", "two");
    const { accessToken, client } = await signIn(urls, "Another process");
    const api = (path: string, init?: RequestInit) => fetch(new URL(`api/${path}`, urls.dashboardUrl), init);
    const json = async (path: string) => (await api(path)).json();
    expect(await json("stats")).toMatchObject({
      oauth: { registrations: 1, tokens: { authorization_code: 1 } }
    });
    const [one, two] = (await json("environments")) as { id: string; name: string }[];
    expect([one!.name, two!.name]).toEqual(["one", "two"]);
    expect(await json("connections")).toMatchObject([
      { clientName: "Another process", environmentId: two!.id }
    ]);

    await api("faults", { method: "POST", body: JSON.stringify({ origin: "mcp", status: 429, times: 1 }) });
    const status = async () => (await listen(urls.mcpUrl, accessToken)).status;
    expect(await status()).toBe(429);
    expect(await (await api("revoke-access-tokens", { method: "POST" })).json()).toEqual({ revoked: 1 });
    expect(await status()).toBe(401);

    const page = async () => (await fetch(new URL("connections", urls.dashboardUrl))).text();
    expect(await page()).toContain("Another process");
    const form = (fields: Record<string, string>) =>
      fetch(new URL("connections", urls.dashboardUrl), {
        method: "POST",
        body: new URLSearchParams({ client_id: client.client_id, ...fields })
      });
    await form({ environment: one!.id });
    expect(await json("connections")).toMatchObject([{ environmentId: one!.id }]);
    await form({ action: "revoke" });
    expect(await page()).not.toContain("Another process");
    child.stdin.end();
    await once(child, "exit");
  });

  it.each([
    [["--era", "future"], /--era takes legacy, modern or both, not "future"/],
    [["--environments", "a,,b"], /--environments takes distinct names/],
    [["--link", "nowhere"], /--link takes "none" or one of production, staging/],
    [["--latency", "fast"], /--latency takes a whole number/],
    [["--port", "65536"], /--port takes a whole number from 0 to 65535/],
    [["stray"], /stray/]
  ])("rejects the command line %j", (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(message);
  });

  it("exits with 2 on wrong usage and refers to --help", async () => {
    const child = sandbox("--json", "--nonsense");
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    expect([child.exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/--nonsense[^]*--help/);
  });

  it("prints the sandbox's help", async () => {
    const child = sandbox("--help");
    expect(await text(child.stdout)).toContain("--strict-rotation");
  });
});

/** Opens a legacy session and its stream. */
async function listen(mcpUrl: string, accessToken: string): Promise<Response> {
  const headers = { authorization: `Bearer ${accessToken}`, accept: "application/json, text/event-stream" };
  const opening = await fetch(mcpUrl, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "test", version: "1" } }
    })
  });
  if (!opening.ok) return opening;
  const session = { "mcp-session-id": opening.headers.get("mcp-session-id")! };
  return fetch(mcpUrl, { headers: { ...headers, ...session } });
}
