import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { type Sandbox, startSandbox } from "../../../sandbox/sandbox.ts";
import { BROWSER, isOnPath } from "../../program.ts";
import { debianVersion, NotInstallableError } from "../install.ts";
import { textOf, User } from "../user.ts";
import { DesktopSession } from "./bus.ts";
import type { KeychainService } from "./services.ts";
import type { Check } from "../sign-in.ts";

/** The time within which a call must be answered if its keychain doesn't respond. */
const ANSWER_TIMEOUT_MS = 15_000;

/** @throws NotInstallableError */
export function keychainVersion({ programs, package: name }: KeychainService): string {
  for (const program of ["dbus-daemon", "dbus-monitor", "gdbus", ...programs])
    if (!isOnPath(program)) throw new NotInstallableError(`${program} is missing`);
  return debianVersion(name);
}

/** Signs in to the sandbox with the secret in a keychain, and then makes the keychain unavailable. */
export async function checkKeychain(service: KeychainService): Promise<Check[]> {
  const session = await DesktopSession.start(service.hasScreen);
  const sandbox = await startSandbox({ autoApprove: true });
  const user = new User(sandbox.mcpUrl, { ...session.env, IMGWIRE_TOKEN_STORE: "keychain", BROWSER });
  const checks: Check[] = [];
  const check = async (name: string, act: () => unknown): Promise<void> => {
    // After a failed step, the rest would fail only as a consequence.
    if (checks.some(({ failed }) => failed !== undefined)) return;
    try {
      await act();
      checks.push({ name });
    } catch (error) {
      checks.push({ name, failed: (error as Error).message });
    }
  };
  try {
    let process = await service.start(session);
    await check("store, with one prompt at most", async () => {
      await succeeds(user, ["login"]);
      atMost(session.prompts, 1);
    });
    const stored = session.prompts;
    await check("read, without a prompt", async () => {
      await succeeds(user, ["whoami"]);
      atMost(session.prompts - stored, 0);
    });
    await check("a keychain that is locked during a run", () =>
      fails(user, sandbox, () => service.lock(session))
    );
    await check("at most one prompt for each reading of a locked keychain", () =>
      atMost(session.prompts - stored, READINGS)
    );
    await check("the keychain unlocked again", async () => {
      process = (await service.unlock(session)) ?? process;
      await delay(1_000);
      await succeeds(user, ["whoami"]);
    });
    await check("a keychain that hangs", () => fails(user, sandbox, () => freeze(process.pid, "STOP")));
    await check("the keychain responding again", async () => {
      freeze(process.pid, "CONT");
      await succeeds(user, ["whoami"]);
    });
    await check("logout", () => succeeds(user, ["logout"]));
    return checks;
  } finally {
    await user.remove();
    await sandbox.close();
    await session.remove();
  }
}

/** The agent's call, and the command line's `whoami`. */
const READINGS = 2;

/**
 * Checks that neither an agent nor the command line hangs or misreports the failure if an expired token makes
 * them access a keychain that has become unavailable.
 */
async function fails(user: User, sandbox: Sandbox, makeUnavailable: () => unknown): Promise<void> {
  const agent = await user.agent();
  await agent.call("whoami");
  await makeUnavailable();
  sandbox.revokeAccessTokens();
  const late = delay(ANSWER_TIMEOUT_MS, undefined, { ref: false }).then(() => {
    throw new Error("The call was not answered.");
  });
  const said = textOf(await Promise.race([agent.call("whoami"), late]));
  await agent.kill();
  const { code, stderr } = await user.run(["whoami"]);
  for (const text of [said, stderr])
    if (!/keychain|keyring|secret service/i.test(text) || /not signed in|sign in to imgwire/i.test(text))
      throw new Error(`The message was: ${text}`);
  if (code === 0) throw new Error("whoami succeeded.");
}

async function succeeds(user: User, args: readonly string[]): Promise<void> {
  const { code, stderr } = await user.run(args);
  if (code !== 0) throw new Error(`${args.join(" ")}: ${stderr}`);
}

function atMost(prompts: number, limit: number): void {
  if (prompts > limit) throw new Error(`${prompts} prompts`);
}

/** Stops or continues a process and its children. */
function freeze(pid: number | undefined, signal: "STOP" | "CONT"): void {
  spawnSync("pkill", [`-${signal}`, "-P", String(pid)]);
  spawnSync("kill", [`-${signal}`, String(pid)]);
}
