import { readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { failed, User } from "../../support/login.ts";
import { visit } from "../../support/sessions.ts";
import type { Message, StdioDriver } from "../../../sandbox/client/stdio-driver.ts";

let sandbox: Sandbox;
let user: User;
afterEach(async () => {
  await user.remove();
  await sandbox.close();
});

/** Starts a sandbox that consents without a click, and a user who isn't signed in. */
async function begin(env: Record<string, string> = {}): Promise<void> {
  sandbox = await startSandbox({ autoApprove: true, strictRotation: true });
  user = await User.create({ IMGWIRE_MCP_URL: sandbox.mcpUrl, ...env });
}

/** Calls a tool, and resolves with the link that the call reports while it waits for the sign-in. */
async function callUntilLink(driver: StdioDriver): Promise<{ link: string; call: Promise<Message> }> {
  const progress = driver.notification("notifications/progress");
  const call = driver.call("whoami", {}, { progressToken: 1 });
  const { params } = await progress;
  const [link = ""] = /https?:\/\/\S+/.exec(String(params?.["message"])) ?? [];
  return { link, call };
}

type End = "SIGTERM" | "SIGKILL" | "EOF";

async function end(driver: StdioDriver, how: End): Promise<void> {
  if (how === "EOF") driver.child.stdin?.end();
  else driver.child.kill(how);
  await driver.exited;
}

/** The milliseconds between two polls of the code, as the processes share them. */
async function sharedInterval(): Promise<number> {
  const state = join(user.folder, "state");
  const name = (await readdir(state)).find((each) => each.endsWith("signin.json")) ?? "";
  return (JSON.parse(await readFile(join(state, name), "utf8")) as { intervalMs: number }).intervalMs;
}

/** Without a browser, a sign-in uses a code. */
const CODE = { BROWSER: "none" };

describe("a code given out by an agent that has ended", () => {
  it.each<End>(["SIGTERM", "SIGKILL", "EOF"])(
    "signs the next agent in with the code of an agent that ended by %s [auth.pending-sign-in-outlives-its-process]",
    async (how) => {
      await begin(CODE);
      const first = await user.agent();
      const { link } = await callUntilLink(first);
      await end(first, how);
      await visit(link);
      const next = await user.agent();
      await expect.poll(async () => failed(await next.call("whoami")), { timeout: 20_000 }).toBe(false);
      expect(sandbox.stats.oauth.deviceAuthorizations).toBe(1);
    }
  );

  it("signs the command line in with the code of an agent that has ended [auth.pending-sign-in-outlives-its-process]", async () => {
    await begin(CODE);
    const first = await user.agent();
    const { link } = await callUntilLink(first);
    await end(first, "SIGKILL");
    await visit(link);
    await expect.poll(async () => (await user.run(["whoami"])).code, { timeout: 20_000 }).toBe(0);
    expect(sandbox.stats.oauth.deviceAuthorizations).toBe(1);
  });

  it("shows the same code to everyone who calls before it is confirmed [auth.pending-sign-in-outlives-its-process]", async () => {
    await begin(CODE);
    const first = await user.agent();
    const { link } = await callUntilLink(first);
    await end(first, "SIGKILL");
    const next = await user.agent();
    const again = await callUntilLink(next);
    expect(again.link).toBe(link);
    await visit(link);
    expect(failed(await again.call)).toBe(false);
  });

  it("polls a code no more often than the server allows, however many processes start and exit [auth.device-polling-paced]", async () => {
    await begin(CODE);
    const first = await user.agent();
    await callUntilLink(first);
    await end(first, "SIGKILL");
    const interval = await sharedInterval();
    for (let run = 0; run < 5; run++) expect((await user.run(["whoami"])).code).toBe(3);
    // If a process polled too fast, the server would answer slow_down, which adds five seconds permanently.
    expect(await sharedInterval()).toBe(interval);
  });

  it("stores a device code only in the credential store [auth.device-code-is-secret]", async () => {
    await begin(CODE);
    await callUntilLink(await user.agent());
    const state = join(user.folder, "state");
    const [name = ""] = await readdir(join(state, "tokens"));
    const record = JSON.parse(await readFile(join(state, "tokens", name), "utf8")) as {
      pending: { flow: { deviceCode: string } };
    };
    expect(record.pending.flow.deviceCode).toBeTruthy();
    for (const file of await readdir(state, { withFileTypes: true })) {
      if (!file.isFile()) continue;
      expect(await readFile(join(state, file.name), "utf8")).not.toContain(record.pending.flow.deviceCode);
    }
  });
});

describe("two agents that wait for one sign-in", () => {
  it.each<[End, Record<string, string>, string]>([
    ["SIGTERM", CODE, "code"],
    ["SIGKILL", CODE, "code"],
    ["EOF", CODE, "code"],
    ["SIGTERM", {}, "browser"],
    ["SIGKILL", {}, "browser"],
    ["EOF", {}, "browser"]
  ])(
    "continues a joined sign-in after %s of the agent that started it (%j), with the same %s [auth.joined-sign-in-survives]",
    async (how, env) => {
      await begin(env);
      const [one, other] = [await user.agent(), await user.agent()];
      const begun = await callUntilLink(one);
      const joined = await callUntilLink(other);
      expect(joined.link).toBe(begun.link);
      await end(one, how);
      await lockedBy(other);
      await visit(begun.link);
      expect(failed(await joined.call)).toBe(false);
    }
  );

  it.each<End>(["SIGTERM", "SIGKILL", "EOF"])(
    "continues a sign-in after %s of an agent that joined it [auth.joined-sign-in-survives]",
    async (how) => {
      await begin();
      const [one, other] = [await user.agent(), await user.agent()];
      const begun = await callUntilLink(one);
      await callUntilLink(other);
      await end(other, how);
      await visit(begun.link);
      expect(failed(await begun.call)).toBe(false);
    }
  );

  it("continues a joined sign-in in the agent after Ctrl-C of `imgwire login` [auth.joined-sign-in-survives]", async () => {
    await begin();
    const login = await user.login();
    const driver = await user.agent();
    const joined = await callUntilLink(driver);
    expect(joined.link).toBe(login.link.href);
    login.child.kill("SIGINT");
    expect(await login.exited).toBe("SIGINT");
    await lockedBy(driver);
    await visit(joined.link);
    expect(failed(await joined.call)).toBe(false);
  });

  it("opens the link of a sign-in in `imgwire login` if the agent that started it couldn't [auth.login-opens-joined]", async () => {
    await begin();
    const { link, call } = await callUntilLink(await user.agent(CODE));
    const login = await user.login();
    expect(login.link.href).toBe(link);
    expect(login.stderr).toContain("Opening your browser");
    await expect.poll(() => user.opened()).toEqual([[link]]);
    await visit(link);
    expect(await login.exited).toBe(0);
    expect(failed(await call)).toBe(false);
  });

  /** Resolves when a process owns the machine's pending sign-in. */
  async function lockedBy(driver: StdioDriver): Promise<void> {
    const state = join(user.folder, "state");
    const owner = async (): Promise<number | undefined> => {
      const name = (await readdir(state)).find((each) => each.endsWith("signin.lock"));
      const text = await readFile(join(state, name ?? ""), "utf8").catch(() => "{}");
      return (JSON.parse(text) as { pid?: number }).pid;
    };
    await expect.poll(owner).toBe(driver.child.pid);
  }
});

describe("a sign-in by browser whose agent has ended", () => {
  it("offers a code after the agent of a browser sign-in has ended, and the old link still works [auth.abandoned-browser-sign-in-becomes-code]", async () => {
    await begin();
    const first = await user.agent();
    const { link: old } = await callUntilLink(first);
    await end(first, "SIGKILL");
    const next = await user.agent();
    const { link, call } = await callUntilLink(next);
    expect(new URL(old).searchParams.get("redirect_uri")).toContain("127.0.0.1");
    expect(link).toContain("/device");
    await visit(old);
    expect(failed(await call)).toBe(false);
  });

  it("shows that the sign-in was interrupted to a browser that is just returning [auth.interrupted-page]", async () => {
    await begin();
    const driver = await user.agent();
    const url = new URL((await callUntilLink(driver)).link);
    sandbox.fault({ origin: "issuer", path: "/oauth2/token", kind: "hang" });
    const back = new URL(url.searchParams.get("redirect_uri") ?? "");
    back.searchParams.set("code", "CANARY-code");
    back.searchParams.set("state", url.searchParams.get("state") ?? "");
    back.searchParams.set("iss", sandbox.issuer);
    const browser = connect(Number(back.port), "127.0.0.1");
    await once(browser, "connect");
    browser.write(
      `GET ${back.pathname}${back.search} HTTP/1.1\r\nHost: ${back.host}\r\nConnection: close\r\n\r\n`
    );
    // Requests are handled in order, so by this answer the listener has received the callback.
    await fetch(new URL("/elsewhere", back));
    driver.child.kill("SIGTERM");
    const page = await text(browser);
    expect(page).toContain("Sign-in interrupted");
    expect(page).toContain("has ended");
    await driver.exited;
  });
});
