import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Message, StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { User } from "../support/login.ts";
import { visit } from "../support/sessions.ts";
import { envelope } from "./envelope.ts";
import { startProgram, textOf, until } from "./program.ts";

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

/** Starts the program for a user who isn't signed in. */
function start(bounds?: object, env: Record<string, string> = {}): void {
  const signedOut = { ...user.env, IMGWIRE_ACCESS_TOKEN: "", ...env };
  driver = startProgram({ url: sandbox.mcpUrl }, { env: signedOut, ...(bounds && { bounds }) });
}

const URLS = { elicitation: { url: {} } };
const isQuestion = (message: Message): boolean => message.method === "elicitation/create";

describe("a signed-out tool call", () => {
  it("waits a limited time for the sign-in, reporting progress, and then returns the link; the next call works", async () => {
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

  it("returns the link immediately if no browser opens and the agent requests no progress [mcp.sign-in-link-at-once]", async () => {
    start(undefined, { BROWSER: "none" });
    await driver.initialize();
    const answer = await driver.call("whoami");
    expect(answer.result).toMatchObject({ isError: true });
    expect(textOf(answer)).toMatch(/Open this link:\nhttps?:/);
  }, 10_000);

  it.each([
    [{ name: "test", version: "1", title: "Best <b>Agent</b>" }, "return to Best &lt;b&gt;Agent&lt;/b&gt;."],
    [{ name: "claude-code", version: "2" }, "return to Claude Code."]
  ])(
    "names the agent %j on the page that ends the sign-in [auth.page-names-agent]",
    async (clientInfo, words) => {
      start();
      await driver.request("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo });
      const call = driver.call("whoami", {}, { progressToken: 0 });
      const { params } = await driver.notification("notifications/progress");
      const [link = ""] = /https?:\/\/\S+/.exec(String(params?.["message"])) ?? [];
      // The sandbox consents without a click; its redirect leads to the page.
      expect(await visit(link)).toContain(words);
      await call;
    }
  );

  it("reports the progress of waiting in whole numbers [mcp.progress-readable]", async () => {
    start({ signInWaitMs: 200 });
    await driver.initialize();
    const progress = driver.notification("notifications/progress");
    await driver.call("whoami", {}, { progressToken: 0 });
    const { params } = (await progress) as { params?: { progress: number; message: string } };
    expect(params).toMatchObject({ progress: 0, message: expect.stringContaining("sign in") as string });
  });

  it("returns the link if the agent cancels the question, but not if the user declines", async () => {
    for (const [action, text] of [
      ["cancel", "Sign in to Imgwire to use this tool."],
      ["decline", "You chose not to sign in"]
    ] as const) {
      start();
      driver.onRequest = (message) => (isQuestion(message) ? { action } : undefined);
      await driver.initialize(URLS);
      expect(textOf(await driver.call("whoami"))).toContain(text);
      await driver.kill();
    }
  });

  it("returns a code with the link if there is no browser", async () => {
    start({ signInWaitMs: 200 }, { BROWSER: "none" });
    await driver.initialize();
    const text = textOf(await driver.call("whoami"));
    expect(text).toMatch(/code: [A-Z0-9-]{6,}/);
    const changed = driver.notification("notifications/tools/list_changed");
    await driver.request("tools/list");
    await visit(/https?:\/\/\S+/.exec(text)![0]);
    // By then the tokens have not only been issued but also stored.
    await changed;
    expect(sandbox.stats.oauth.tokens["urn:ietf:params:oauth:grant-type:device_code"]).toBe(1);
    expect((await driver.call("whoami")).result).not.toHaveProperty("isError", true);
  });

  it("asks a capable client to open the link, and continues the call after the sign-in", async () => {
    start();
    await driver.initialize(URLS);
    const asked = driver.next(isQuestion);
    const answer = driver.call("whoami");
    const { id, params } = await asked;
    expect(params).toMatchObject({ mode: "url", url: expect.stringMatching(/^http/) as string });
    driver.send({ id, result: { action: "accept" } });
    await visit(params!["url"] as string);
    expect((await answer).result).not.toHaveProperty("isError", true);
  });

  it("fails the call if the user declines to sign in", async () => {
    start();
    await driver.initialize(URLS);
    const asked = driver.next(isQuestion);
    const answer = driver.call("whoami");
    driver.send({ id: (await asked).id, result: { action: "decline" } });
    expect(textOf(await answer)).toContain("You chose not to sign in to Imgwire.");
  });

  it("withdraws the question when the sign-in is complete", async () => {
    start();
    await driver.initialize(URLS);
    const asked = driver.next(isQuestion);
    const answer = driver.call("whoami");
    const { id, params } = await asked;
    const withdrawn = driver.notification("notifications/cancelled");
    await visit(params!["url"] as string);
    expect((await withdrawn).params).toMatchObject({ requestId: id });
    expect((await answer).result).not.toHaveProperty("isError", true);
  });

  it("asks a modern client with `input_required` and answers its retry", async () => {
    start();
    const params = { name: "whoami", arguments: {}, _meta: envelope(URLS) };
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

  it("doesn't answer a cancelled call, and starts no second sign-in for the next one", async () => {
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
