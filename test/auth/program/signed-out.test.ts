import { once } from "node:events";
import { readdir, readFile, readlink } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bin } from "../../support/program.ts";
import { User } from "../../support/login.ts";
import { StdioDriver } from "../../../sandbox/client/stdio-driver.ts";

let proxy: Server;
let user: User;
let agent: StdioDriver;
let connections = 0;
beforeEach(async () => {
  connections = 0;
  proxy = createServer(() => connections++).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  // Every connection to the network passes through this proxy.
  const { port } = proxy.address() as AddressInfo;
  user = await User.create({ HTTPS_PROXY: `http://127.0.0.1:${port}` });
  agent = new StdioDriver({ args: [bin("imgwire-mcp")], env: user.env });
});
afterEach(async () => {
  await agent.kill();
  proxy.close();
  await user.remove();
});

/** The inodes of all listening and connected TCP sockets. */
async function tcpSockets(): Promise<Set<string>> {
  const tables = await Promise.all(
    ["/proc/net/tcp", "/proc/net/tcp6"].map((path) => readFile(path, "utf8").catch(() => ""))
  );
  const rows = tables.flatMap((table) => table.split("\n").slice(1));
  return new Set(rows.map((row) => row.trim().split(/\s+/)[9] ?? ""));
}

/** The number of TCP sockets, listening or connected, that a process has open. */
async function openSockets(pid: number): Promise<number> {
  const all = await tcpSockets();
  const descriptors = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(
    descriptors.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => ""))
  );
  return targets.filter((target) => all.has(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? "-")).length;
}

describe.runIf(process.platform === "linux")("a signed-out server", () => {
  it("answers initialize and tools/list without network, port or browser; only a tool call connects", async () => {
    await agent.initialize();
    const list = await agent.request("tools/list");
    expect((list.result?.["tools"] as unknown[]).length).toBeGreaterThanOrEqual(12);
    await agent.request("ping");
    expect(await openSockets(agent.child.pid ?? 0)).toBe(0);
    expect(connections).toBe(0);
    expect(user.opened()).toEqual([]);
    expect(await readdir(user.folder)).toEqual([]);

    void agent.call("whoami");
    await expect.poll(() => connections).toBeGreaterThan(0);
  });
});
