import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { User } from "../support/login.ts";
import { bin, ROOT } from "../support/program.ts";
import { visit } from "../support/sessions.ts";
import { type Message, StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { textOf, until } from "./program.ts";

let sandbox: Sandbox;
let user: User;
let driver: StdioDriver;

beforeEach(async () => {
  sandbox = await startSandbox({ autoApprove: true });
  user = await User.create({ IMGWIRE_MCP_URL: sandbox.mcpUrl });
});
afterEach(async () => {
  await driver.kill();
  await sandbox.close();
  await user.remove();
});

/** Starts the server; with `bounds` from its sources, as nobody can set them from outside. */
function start(bounds?: object, env: Record<string, string> = {}): StdioDriver {
  const source = ["--import", "tsx", join(ROOT, "test/support/stdio-entry.ts"), JSON.stringify(bounds)];
  driver = new StdioDriver({
    args: bounds ? source : [bin("imgwire-mcp")],
    cwd: ROOT,
    env: { ...user.env, ...env }
  });
  return driver;
}

const URLS = { elicitation: { url: {} } };
const question = (message: Message): boolean => message.method === "elicitation/create";

describe("a signed-out tool call", () => {
  it("waits for the sign-in for a limited time with progress, then returns the link; the next call succeeds", async () => {
    start({ signInWaitMs: 200 });
    await driver.initialize();
    const progress = driver.notification("notifications/progress");
    const answer = await driver.call("whoami", {}, { progressToken: 0 });
    expect(await progress).toMatchObject({ params: { progressToken: 0 } });
    expect(answer.result).toMatchObject({ isError: true });
    const [link] = /https?:\/\/\S+/.exec(textOf(answer)) ?? [];
    expect(textOf(answer)).toMatch(/Sign in to Imgwire/);
    const changed = driver.notification("notifications/tools/list_changed");
    await driver.request("tools/list");
    await visit(link!);
    await changed;
    expect((await driver.call("whoami")).result).not.toHaveProperty("isError", true);
  });

  it("gives the link at once to an agent that asks for no progress, where no browser opens [mcp.sign-in-link-at-once]", async () => {
    start(undefined, { BROWSER: "none" });
    await driver.initialize();
    const answer = await driver.call("whoami");
    expect(answer.result).toMatchObject({ isError: true });
    expect(textOf(answer)).toMatch(/Open this link:\nhttps?:/);
  }, 10_000);

  it.each([
    [{ name: "test", version: "1", title: "Best <b>Agent</b>" }, "return to Best &lt;b&gt;Agent&lt;/b&gt;."],
    [{ name: "claude-code", version: "2" }, "return to Claude Code."]
  ])("shows %j on the page on which the browser ends [auth.page-names-agent]", async (clientInfo, words) => {
    start();
    await driver.request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
    const call = driver.call("whoami", {}, { progressToken: 0 });
    const { params } = await driver.notification("notifications/progress");
    const [link = ""] = /https?:\/\/\S+/.exec(String(params?.["message"])) ?? [];
    // The service consents by itself; its redirect leads to the page.
    expect(await visit(link)).toContain(words);
    await call;
  });

  it("reports the progress of waiting in whole numbers [mcp.progress-readable]", async () => {
    start({ signInWaitMs: 200 });
    await driver.initialize();
    const progress = driver.notification("notifications/progress");
    await driver.call("whoami", {}, { progressToken: 0 });
    const { params } = (await progress) as { params?: { progress: number; message: string } };
    expect(params).toMatchObject({ progress: 0, message: expect.stringContaining("sign in") as string });
  });

  it("shows the link if the agent cancels the question by itself, and refuses only if the user does", async () => {
    for (const [action, text] of [
      ["cancel", "Sign in to Imgwire to use this tool."],
      ["decline", "You chose not to sign in"]
    ] as const) {
      start();
      driver.onRequest = (message) => (question(message) ? { action } : undefined);
      await driver.initialize(URLS);
      expect(textOf(await driver.call("whoami"))).toContain(text);
      await driver.kill();
    }
  });

  it("returns the code as well if there is no browser", async () => {
    start({ signInWaitMs: 200 }, { BROWSER: "none" });
    await driver.initialize();
    const text = textOf(await driver.call("whoami"));
    expect(text).toMatch(/code: [A-Z0-9-]{6,}/);
    const changed = driver.notification("notifications/tools/list_changed");
    await driver.request("tools/list");
    await visit(/https?:\/\/\S+/.exec(text)![0]);
    // The tokens are stored by then, which is later than that they were given.
    await changed;
    expect(sandbox.stats.oauth.tokens["urn:ietf:params:oauth:grant-type:device_code"]).toBe(1);
    expect((await driver.call("whoami")).result).not.toHaveProperty("isError", true);
  });

  it("sends a capable client to the link and continues by itself", async () => {
    start();
    await driver.initialize(URLS);
    const asked = driver.next(question);
    const answer = driver.call("whoami");
    const { id, params } = await asked;
    expect(params).toMatchObject({ mode: "url", url: expect.stringMatching(/^http/) as string });
    driver.send({ id, result: { action: "accept" } });
    await visit(params!["url"] as string);
    expect((await answer).result).not.toHaveProperty("isError", true);
  });

  it("doesn't insist if the user declines to sign in", async () => {
    start();
    await driver.initialize(URLS);
    const asked = driver.next(question);
    const answer = driver.call("whoami");
    driver.send({ id: (await asked).id, result: { action: "decline" } });
    expect(textOf(await answer)).toContain("You chose not to sign in to Imgwire.");
  });

  it("withdraws the question when the sign-in is complete", async () => {
    start();
    await driver.initialize(URLS);
    const asked = driver.next(question);
    const answer = driver.call("whoami");
    const { id, params } = await asked;
    const withdrawn = driver.notification("notifications/cancelled");
    await visit(params!["url"] as string);
    expect((await withdrawn).params).toMatchObject({ requestId: id });
    expect((await answer).result).not.toHaveProperty("isError", true);
  });

  it("asks a modern client with `input_required` and answers its retry", async () => {
    start();
    const meta = "io.modelcontextprotocol/";
    const _meta = { [`${meta}protocolVersion`]: "2026-07-28", [`${meta}clientCapabilities`]: URLS };
    const params = { name: "whoami", arguments: {}, _meta };
    const first = await driver.request("tools/call", params);
    const { inputRequests, requestState } = first.result as {
      inputRequests: Record<string, { params: { mode: string; url: string } }>;
      requestState: string;
    };
    const [[key, asked] = ["", undefined]] = Object.entries(inputRequests);
    expect(asked!.params.mode).toBe("url");
    await visit(asked!.params.url);
    const inputResponses = { [key]: { action: "accept" } };
    const { result } = await driver.request("tools/call", { ...params, inputResponses, requestState });
    expect(result).toMatchObject({ resultType: "complete", content: expect.anything() as unknown });
    const stale = await driver.request("tools/call", { ...params, inputResponses, requestState });
    expect(stale.error).toMatchObject({ code: -32602 });
  });

  it("stops with the cancellation of the call, and starts no second sign-in", async () => {
    start();
    await driver.initialize();
    void driver.request("tools/call", { name: "whoami", arguments: {} }, "gone");
    await until(() => user.opened().length === 1);
    driver.send({ method: "notifications/cancelled", params: { requestId: "gone" } });
    await visit(user.opened()[0]![0]!);
    expect((await driver.call("whoami")).result).not.toHaveProperty("isError", true);
    expect(driver.messages.filter(({ id }) => id === "gone")).toEqual([]);
    expect(user.opened()).toHaveLength(1);
  });
});
