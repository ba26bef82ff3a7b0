import { setTimeout as delay } from "node:timers/promises";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import type { SignInCounterpart } from "./counterparts.ts";
import type { Installed } from "./install.ts";
import { ServerProcess } from "./process.ts";
import { textOf, User } from "./user.ts";

/** The result of a check: passed, failed with what was seen, or left out with the reason. */
export interface Check {
  name: string;
  failed?: string;
  without?: string;
}

/** Short enough to wait for, long enough for a call on a busy machine. */
const TOKEN_LIFETIME_S = 8;
const AGENTS = 4;
const CALL_TIMEOUT_MS = 60_000;

/**
 * A user code, either as the command line shows it, with spaces between characters, or as in a tool result.
 */
const USER_CODE = /\b(?:[A-Z0-9] ?(?:- ?)?){6,12}\b/;

/** Tests the whole life of a sign-in with one authorization server. */
export async function checkSignIn(counterpart: SignInCounterpart, installed: Installed): Promise<Check[]> {
  const { tokenLifetime = TOKEN_LIFETIME_S } = counterpart;
  const server = await ServerProcess.start(counterpart, installed, tokenLifetime);
  const user = new User(server.url);
  const { without } = counterpart;
  const checks: Check[] = [];
  const check = async (name: string, reason: string | undefined, act: () => Promise<void>): Promise<void> => {
    if (reason !== undefined) return void checks.push({ name, without: reason });
    // After a failed step, the rest would fail only as a consequence.
    if (checks.some(({ failed }) => failed !== undefined)) return;
    try {
      await act();
      checks.push({ name });
    } catch (error) {
      checks.push({ name, failed: `${(error as Error).message}\n${server.output.slice(-1_500)}` });
    }
  };
  const call = (agent: StdioDriver): Promise<void> => callTool(counterpart, agent);
  try {
    const agents: StdioDriver[] = [];
    await check("sign-in in a browser", undefined, () => login(user, []));
    await check("call", undefined, async () => {
      for (let index = 0; index < AGENTS; index++) agents.push(await user.agent());
      for (const agent of agents) await call(agent);
    });
    await check("refresh after expiry, by four agents at the same time", without.refresh, async () => {
      await delay((tokenLifetime + 1) * 1_000);
      await Promise.all(agents.map(call));
    });
    await check("restart of the server", undefined, async () => {
      await server.stop();
      await server.start();
      if (without.state !== undefined) await login(user, []);
      await call(await user.agent());
    });
    await check("restart noticed by running agents", without.runningAgents, async () => {
      await Promise.all(agents.map(call));
    });
    await check("logout, with revocation", without.revocation, () => logout(user, true));
    if (without.revocation !== undefined) await check("logout", undefined, () => logout(user, false));
    await check("sign-in with a code", without.device, async () => {
      await login(user, ["--device"]);
      await Promise.all(agents.map(call));
      await logout(user, without.revocation === undefined);
    });
    await check("sign-in by the link of a call", undefined, async () => {
      const said = textOf(await callOf(counterpart, await user.agent()));
      const link = /https?:[^\s"\\]+/.exec(said)?.[0];
      if (!link) throw new Error(said);
      await user.visit(link, USER_CODE.exec(said.replace(link, ""))?.[0] ?? "");
      await callUntilSignedIn(counterpart, await user.agent());
    });
    return checks;
  } finally {
    await user.remove();
    await server.remove();
  }
}

async function login(user: User, args: readonly string[]): Promise<void> {
  let visited: Promise<unknown> | undefined;
  const { code, stderr } = await user.run(["login", ...args], (said) => {
    const url = /^\s+(https?:\/\/\S+)\n/m.exec(said)?.[1];
    const userCode = USER_CODE.exec(said.replace(/https?:\S+/g, ""))?.[0].replace(/ /g, "");
    if (args.length > 0 && url && userCode) visited ??= user.visit(url, userCode);
  });
  if (code !== 0)
    throw new Error(`${stderr}\n${JSON.stringify(await visited)}\n${user.pages().slice(-3_000)}`);
}

async function logout(user: User, isRevoked: boolean): Promise<void> {
  const { code, stdout, stderr } = await user.run(["logout", "--json"]);
  if (code !== 0) throw new Error(stderr + stdout);
  const { signedOut } = JSON.parse(stdout) as { signedOut: { revoked: boolean }[] };
  if (signedOut[0]?.revoked !== isRevoked) throw new Error(stdout + stderr);
}

async function callOf({ tool }: SignInCounterpart, agent: StdioDriver): ReturnType<StdioDriver["call"]> {
  const late = delay(CALL_TIMEOUT_MS, undefined, { ref: false }).then(() => {
    throw new Error(`A call was not answered within ${CALL_TIMEOUT_MS / 1_000} s. ${agent.stderr}`);
  });
  return Promise.race([agent.call(tool.name, tool.arguments), late]);
}

/** Calls the tool again, as the link's text says, until the program has noticed the sign-in by polling. */
async function callUntilSignedIn(counterpart: SignInCounterpart, agent: StdioDriver): Promise<void> {
  const until = Date.now() + CALL_TIMEOUT_MS;
  for (;;) {
    const late = Date.now() > until;
    const outcome = await callTool(counterpart, agent).catch((error: Error) => error);
    if (outcome === undefined) return;
    if (late) throw outcome;
    await delay(1_000);
  }
}

async function callTool(counterpart: SignInCounterpart, agent: StdioDriver): Promise<void> {
  const answer = await callOf(counterpart, agent);
  const said = textOf(answer);
  if (answer.error || answer.result?.["isError"] || !counterpart.tool.shows.test(said)) throw new Error(said);
}
