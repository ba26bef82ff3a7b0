import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createLog } from "../../src/log.ts";
import { type Snapshot, SnapshotStore } from "../../src/mcp/tools/snapshot.ts";
import type { Counterpart } from "../../sandbox/counterpart/counterpart.ts";
import { respond } from "./intercept.ts";
import { programFolder, startHosted, startProgram, textOf, toolNames, until } from "./program.ts";

/** The documented tools. */
const DOCUMENTED = [
  "whoami",
  "create_client_token",
  "upload_image_via_url",
  "upload_image",
  "retrieve_image",
  "get_image_url",
  "list_images",
  "fetch_metrics",
  "get_usage",
  "create_bulk_image_download",
  "retrieve_bulk_image_download",
  "get_server_token_dashboard_link"
];

/** Runs the program until it has stored a snapshot of the server's tools. */
async function takeSnapshot(server: Counterpart): Promise<void> {
  const driver = startProgram(server);
  await driver.initialize();
  await driver.request("tools/list");
  await driver.end();
}

describe("without a snapshot", () => {
  it("lists the documented tools at the default URL without contacting anyone if nobody is signed in", async () => {
    const trap = await startHosted("legacy");
    const proxy = new URL(trap.url).origin;
    const env = { IMGWIRE_ACCESS_TOKEN: "", HTTPS_PROXY: proxy, HTTP_PROXY: proxy };
    const driver = startProgram({ url: "https://mcp.imgwire.dev/mcp" }, { env });
    const { result } = await driver.initialize();
    expect(result).toMatchObject({ capabilities: { tools: { listChanged: true } } });
    expect(await toolNames(driver)).toEqual([
      ...DOCUMENTED,
      "upload_images",
      "download_images",
      "use_environment"
    ]);
    expect(await driver.end()).toBe(0);
    expect(trap.seen).toEqual([]);
  });

  it("lists the live tools at another URL", async () => {
    const hosted = await startHosted("legacy");
    const driver = startProgram(hosted);
    expect((await driver.initialize()).result).toMatchObject({ serverInfo: { name: "counterpart" } });
    expect(await toolNames(driver)).toContain("echo");
  });

  it("lists the documented tools at another URL that doesn't answer, after a limited wait", async () => {
    const hosted = await startHosted("legacy");
    hosted.intercept = () => true;
    const driver = startProgram(hosted, { bounds: { liveAnswerMs: 100 } });
    await driver.initialize();
    expect(await toolNames(driver)).toEqual(expect.arrayContaining(DOCUMENTED));
  });

  it("lists the documented tools at another URL that requires a sign-in", async () => {
    const hosted = await startHosted("legacy");
    hosted.intercept = (_req, res) => Boolean(res.writeHead(401).end());
    const driver = startProgram(hosted, { env: { IMGWIRE_ACCESS_TOKEN: "" } });
    await driver.initialize();
    expect(await toolNames(driver)).toEqual(expect.arrayContaining(DOCUMENTED));
  });
});

describe.each(["legacy", "modern"] as const)("with a snapshot of a %s server", (era) => {
  it("lists tools from the snapshot if the server is down", async () => {
    const server = await startHosted(era);
    await takeSnapshot(server);
    await server.close();
    const driver = startProgram(server);
    const { result } = await driver.initialize();
    expect(result).toMatchObject({ serverInfo: { name: "counterpart" }, capabilities: { resources: {} } });
    expect(await toolNames(driver)).toContain("echo");
  });

  it("notifies the agent if the live tools differ, and lists them", async () => {
    const hosted = await startHosted(era);
    await takeSnapshot(hosted);
    const path = snapshotFile();
    writeFileSync(path, readFileSync(path, "utf8").replace('"name":"echo"', '"name":"old"'));
    const driver = startProgram(hosted);
    const changed = driver.notification("notifications/tools/list_changed");
    // The server doesn't list its tools until the old list has been shown.
    let shown = false;
    hosted.intercept = (req, res, seen) => {
      if (seen.body?.method !== "tools/list" || shown) return false;
      void until(() => shown).then(() => (res.setHeader("retry-after", "0"), res.writeHead(503).end()));
      return true;
    };
    await driver.initialize();
    expect(await toolNames(driver)).toContain("old");
    shown = true;
    await changed;
    expect(await toolNames(driver)).toEqual(expect.arrayContaining(["echo"]));
    expect(await toolNames(driver)).not.toContain("old");
  });

  it("sends no notification if the tools are the same", async () => {
    const hosted = await startHosted(era);
    await takeSnapshot(hosted);
    const driver = startProgram(hosted);
    await driver.initialize();
    await toolNames(driver);
    await driver.call("echo", { text: "x" });
    await toolNames(driver);
    expect(driver.messages.filter(({ method }) => method === "notifications/tools/list_changed")).toEqual([]);
  });

  it.each([
    ["cut off", (text: string) => text.slice(0, text.length / 2)],
    ["of another version", (text: string) => text.replace('"format":1', '"format":2')]
  ])("sets a snapshot aside with a warning if it is %s", async (_name, damage) => {
    const hosted = await startHosted(era);
    await takeSnapshot(hosted);
    const path = snapshotFile();
    writeFileSync(path, damage(readFileSync(path, "utf8")));
    const driver = startProgram(hosted);
    await driver.initialize();
    expect(textOf(await driver.call("echo", { text: "fine" }))).toBe("fine");
    expect(driver.stderr).toMatch(/set aside/);
    expect(readdirSync(join(programFolder(), "cache")).some((name) => name.includes("unreadable"))).toBe(
      true
    );
  });

  it("doesn't request the list again while the server says that it is fresh", async () => {
    const hosted = await startHosted(era);
    await takeSnapshot(hosted);
    const path = snapshotFile();
    writeFileSync(path, readFileSync(path, "utf8").replace(/"ttlMs":\d+/, '"ttlMs":3600000'));
    const driver = startProgram(hosted);
    hosted.seen.length = 0;
    await driver.initialize();
    await toolNames(driver);
    await driver.call("echo", { text: "x" });
    await toolNames(driver);
    expect(hosted.seen.filter(({ body }) => body?.method === "tools/list")).toEqual([]);
  });

  it("requests the list again if the clock has been set back", async () => {
    const hosted = await startHosted(era);
    await takeSnapshot(hosted);
    const path = snapshotFile();
    const tomorrow = String(Date.now() + 86_400_000);
    writeFileSync(path, readFileSync(path, "utf8").replace(/"takenAt":\d+/, `"takenAt":${tomorrow}`));
    const driver = startProgram(hosted);
    hosted.seen.length = 0;
    await driver.initialize();
    await driver.call("echo", { text: "x" });
    await toolNames(driver);
    await toolNames(driver);
    expect(hosted.seen.map(({ body }) => body?.method)).toContain("tools/list");
  });
});

describe("a list of several pages", () => {
  it("stores a list of several pages for one account only, if one of the pages is private", async () => {
    const hosted = await startHosted("modern");
    hosted.intercept = (_req, res, seen) => {
      const { method, params } = seen.body ?? {};
      if (method !== "tools/list") return false;
      const first = params?.["cursor"] === undefined;
      const page = first ? { nextCursor: "2", cacheScope: "private" } : { cacheScope: "public" };
      const tools = [{ name: first ? "one" : "two", inputSchema: { type: "object" } }];
      return respond(res, seen, { result: { resultType: "complete", tools, ttlMs: 1_000, ...page } });
    };
    await takeSnapshot(hosted);
    const stored = JSON.parse(readFileSync(snapshotFile(), "utf8")) as Snapshot;
    expect(stored.tools.map(({ name }) => name)).toEqual(["one", "two"]);
    expect(stored.cacheScope).toBe("private");
  });
});

it("stores a list as stale if its lifetime overflows", async () => {
  const hosted = await startHosted("modern");
  hosted.intercept = (_req, res, { body }) => {
    if (body?.method !== "tools/list") return false;
    const tools = '[{"name":"one","inputSchema":{"type":"object"}}]';
    const result = `{"resultType":"complete","tools":${tools},"ttlMs":1e999,"cacheScope":"public"}`;
    res.setHeader("content-type", "application/json");
    return Boolean(res.end(`{"jsonrpc":"2.0","id":${JSON.stringify(body.id)},"result":${result}}`));
  };
  await takeSnapshot(hosted);
  expect(JSON.parse(readFileSync(snapshotFile(), "utf8"))).toMatchObject({ ttlMs: 0 });
});

function snapshotFile(): string {
  const folder = join(programFolder(), "cache");
  const name = readdirSync(folder).find((each) => /^tools-\w+\.json$/.test(each));
  return join(folder, name!);
}

describe("a stored snapshot", () => {
  const url = new URL("https://hosted.example/mcp");
  const snapshot = (scope: "public" | "private"): Snapshot => ({
    server: { capabilities: {}, serverInfo: undefined, instructions: undefined },
    tools: [{ name: "stored", inputSchema: { type: "object" } }],
    takenAt: 1,
    ttlMs: 0,
    cacheScope: scope
  });
  const key = { url, account: "a", environment: "e" };
  const others = [
    { ...key, account: "b" },
    { ...key, account: undefined },
    { ...key, environment: undefined }
  ];
  const store = (): SnapshotStore =>
    new SnapshotStore(
      join(programFolder(), "cache"),
      createLog("silent", () => {})
    );

  it("uses a private snapshot only for its account and Environment", async () => {
    await store().write(key, snapshot("private"));
    expect(store().read(key)?.tools[0]?.name).toBe("stored");
    for (const other of others) expect(store().read(other)).toBeUndefined();
  });

  it.each([
    ["private", "public"],
    ["public", "private"]
  ] as const)("replaces a %s snapshot with a later %s one", async (first, second) => {
    await store().write(key, snapshot(first));
    await store().write(key, { ...snapshot(second), takenAt: 2 });
    expect(store().read(key)?.takenAt).toBe(2);
  });

  it("uses a public snapshot for everyone at that URL", async () => {
    await store().write(key, snapshot("public"));
    for (const other of others) expect(store().read(other)?.tools[0]?.name).toBe("stored");
    expect(store().read({ ...key, url: new URL("https://other.example/mcp") })).toBeUndefined();
  });
});
