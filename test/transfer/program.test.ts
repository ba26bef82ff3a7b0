import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { link, mkdir, symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { signIn } from "../../sandbox/client/oauth.ts";
import { baseEnv, bin, imgwire } from "../support/program.ts";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { freshFolder, largePng, picture, put } from "./samples.ts";

const MIB = 1024 * 1024;

let sandbox: Sandbox;
let token: string;
let folder: Awaited<ReturnType<typeof freshFolder>>;
let agent: StdioDriver;

beforeAll(async () => {
  sandbox = await startSandbox({ autoApprove: true, processingMs: 0, accessTokenTtl: 3600 });
  token = (await signIn(sandbox)).accessToken;
});

afterAll(() => sandbox.close());

beforeEach(async () => {
  folder = await freshFolder();
  await mkdir(join(folder.path, "home/.ssh"), { recursive: true });
  await mkdir(join(folder.path, "project"));
  await mkdir(join(folder.path, "outside"));
  agent = new StdioDriver({
    args: [bin("imgwire-mcp")],
    cwd: join(folder.path, "project"),
    env: {
      HOME: join(folder.path, "home"),
      IMGWIRE_MCP_URL: sandbox.mcpUrl,
      IMGWIRE_ACCESS_TOKEN: token,
      IMGWIRE_CONFIG_DIR: join(folder.path, "config"),
      IMGWIRE_UPLOAD_ROOTS: `${join(folder.path, "project")}:${join(folder.path, "home")}`
    }
  });
});

afterEach(async () => {
  await agent.kill();
  await folder.remove();
});

/** Calls a tool. @returns its result, with its text and whether it failed */
async function call(name: string, args: object) {
  const { result } = await agent.call(name, args);
  const content = result?.["content"] as { text: string }[];
  return {
    isError: result?.["isError"] === true,
    text: content.map(({ text }) => text).join("\n"),
    ...result
  };
}

describe("a file that must not be uploaded", () => {
  const inProject = (name: string) => join(folder.path, "project", name);

  beforeEach(async () => {
    await put(folder.path, "home/.ssh/id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\nCANARY\n");
    await put(folder.path, "home/.ssh/photo.png", await picture());
    await put(folder.path, "outside/photo.png", await picture());
    await symlink(join(folder.path, "outside/photo.png"), inProject("link.png"));
    await symlink(join(folder.path, "outside"), inProject("linked"));
    await link(join(folder.path, "outside/photo.png"), inProject("hard.png"));
    await put(folder.path, "project/key.png", "-----BEGIN OPENSSH PRIVATE KEY-----\nCANARY\n");
    await put(folder.path, "project/drawing.png", '<svg xmlns="http://www.w3.org/2000/svg"/>');
    await put(folder.path, "project/empty.png", "");
    await put(folder.path, "project/sparse.png", await picture());
    await truncate(inProject("sparse.png"), 10 * 1024 ** 3);
    execFileSync("mkfifo", [inProject("fifo.png")]);
  });

  it.each([
    ["~/.ssh/id_rsa", "hidden folder"],
    ["~/.ssh/photo.png", "hidden folder"],
    ["/etc/passwd", "outside the folders uploads may come from"],
    ["../outside/photo.png", "outside the folders uploads may come from"],
    ["link.png", "outside the folders uploads may come from"],
    ["linked/photo.png", "outside the folders uploads may come from"],
    ["hard.png", "hard link"],
    ["/proc/self/environ", "outside the folders uploads may come from"],
    ["/dev/zero", "outside the folders uploads may come from"],
    ["fifo.png", "FIFO"],
    [".", "folder"],
    ["a\0.png", "NUL"],
    ["file://host/a.png", "another host"],
    ["missing.png", "No such file: missing.png"],
    ["empty.png", "empty"],
    ["sparse.png", "100 MiB"],
    ["key.png", "not an image"],
    ["drawing.png", "is an SVG, which Imgwire does not support"]
  ])("refuses to upload %j and sends nothing", async (path, reason) => {
    await agent.initialize();
    const before = { calls: callsOf("upload_image"), puts: sandbox.stats.storage.puts };
    const { isError, text } = await call("upload_image", { path });
    expect({ isError, text }).toEqual({
      isError: true,
      text: expect.stringMatching(new RegExp(reason)) as string
    });
    expect(text).not.toContain("CANARY");
    expect({ calls: callsOf("upload_image"), puts: sandbox.stats.storage.puts }).toEqual(before);
  });
});

function callsOf(tool: string): number {
  return sandbox.stats.mcp.tools[tool] ?? 0;
}

describe("a large file", () => {
  it("streams 100 MiB in constant memory, and sends the agent a few kilobytes", async () => {
    await put(folder.path, "project/small.png", await picture());
    await put(folder.path, "project/large.png", await largePng(100 * MIB));
    await agent.initialize();
    await call("upload_image", { path: "small.png" });
    await agent.request("tools/list");
    const idle = memory("VmRSS");
    const lines = agent.lines.length;
    resetPeak();

    const args = { path: "large.png" };
    const { result } = await agent.call("upload_image", args, { progressToken: 1 });

    expect(result).toMatchObject({
      structuredContent: { upload: { state: "ready", size_bytes: 100 * MIB } }
    });
    const traffic = [JSON.stringify(args), ...agent.lines.slice(lines)].join("\n").length;
    // The image's record, its URLs, and Markdown and HTML ready to paste: about 1,200 tokens.
    expect(traffic).toBeLessThan(6_000);
    if (process.platform === "linux") expect(memory("VmHWM") - idle).toBeLessThan(25 * MIB);
  });

  function memory(field: "VmRSS" | "VmHWM"): number {
    const status = readFileSync(`/proc/${agent.child.pid}/status`, "utf8");
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
  }

  /** Resets VmHWM to the current size (proc(5), clear_refs). */
  function resetPeak(): void {
    if (process.platform === "linux")
      execFileSync("sh", ["-c", `echo 5 > /proc/${agent.child.pid}/clear_refs`]);
  }
});

describe("many concurrent uploads", () => {
  const names = Array.from({ length: 60 }, (_, index) => `${index}.png`);
  beforeEach(async () => {
    for (const name of names) await put(folder.path, `project/${name}`, await picture());
  });

  it("writes nothing to stderr for uploads in separate calls [transfer.quiet]", async () => {
    await agent.initialize();
    const outcomes = await Promise.all(names.map((path) => call("upload_image", { path })));
    expect(outcomes.filter(({ isError }) => isError)).toEqual([]);
    await agent.end();
    expect(agent.stderr).toBe("");
  });

  it("writes nothing to stderr for many uploads in one call [transfer.quiet]", async () => {
    await agent.initialize();
    expect(await call("upload_images", { paths: ["*.png"] })).toMatchObject({ isError: false });
    await agent.end();
    expect(agent.stderr).toBe("");
  });

  it("writes no warning to stderr for many uploads of one command [transfer.quiet]", async () => {
    const env = baseEnv({
      IMGWIRE_MCP_URL: sandbox.mcpUrl,
      IMGWIRE_ACCESS_TOKEN: token,
      IMGWIRE_CONFIG_DIR: join(folder.path, "config")
    });
    const outcome = await imgwire(["upload", ...names, "--json"], env, "", join(folder.path, "project"));
    expect(outcome).toMatchObject({ code: 0 });
    expect(outcome.stderr).not.toMatch(/warning/i);
  });
});

describe("the local tools of the built program", () => {
  it("offers the local tools next to the hosted ones, and upload_image with a path", async () => {
    await agent.initialize();
    const { result } = await agent.request("tools/list");
    const names = (result?.["tools"] as { name: string }[]).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["whoami", "upload_image", "upload_images", "download_images"])
    );
    expect(names.filter((name) => name === "upload_image")).toHaveLength(1);
  });

  it("resolves a relative path below the client's roots if the program runs elsewhere", async () => {
    await put(folder.path, "home/code/site/hero.png", await picture());
    agent.onRequest = ({ method }) =>
      method === "roots/list"
        ? { roots: [{ uri: `file://${folder.path}/home/code/site`, name: "site" }] }
        : undefined;
    await agent.initialize({ roots: {} });
    const { isError, text } = await call("upload_image", { path: "hero.png" });
    expect({ isError, text }).toEqual({ isError: false, text: expect.stringContaining("READY") as string });
  });

  it("asks the user once about a folder outside the upload roots", async () => {
    const first = await put(folder.path, "outside/a.png", await picture("gif"));
    const second = await put(folder.path, "outside/b.png", await picture("webp"));
    let asked = 0;
    agent.onRequest = ({ method }) => {
      if (method !== "elicitation/create") return undefined;
      asked += 1;
      return { action: "accept", content: { choice: "session" } };
    };
    await agent.initialize({ elicitation: {} });
    for (const path of [first, second]) expect((await call("upload_image", { path })).isError).toBe(false);
    expect(asked).toBe(1);
  });

  it("stops sending when the agent cancels the call", async () => {
    await put(folder.path, "project/large.png", await largePng(60 * MIB));
    await agent.initialize();
    const before = sandbox.stats.storage.accepted;
    const progress = agent.notification("notifications/progress");
    void agent.request(
      "tools/call",
      { name: "upload_image", arguments: { path: "large.png" }, _meta: { progressToken: 1 } },
      77
    );
    await progress;
    agent.send({ method: "notifications/cancelled", params: { requestId: 77 } });
    const { isError } = await call("whoami", {});
    expect(isError).toBe(false);
    expect(sandbox.stats.storage.accepted).toBe(before);
  });
});
