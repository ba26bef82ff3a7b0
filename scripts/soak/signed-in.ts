import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { encode } from "fast-png";
import type { Message } from "../../sandbox/client/stdio-driver.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { BROWSER, imgwire } from "../program.ts";
import { SoakAgent } from "./agent.ts";
import type { Load, LoadOptions } from "./load.ts";

/** The lifetime of an access token in seconds. */
const TOKEN_LIFETIME_S = 60;
const KILL_EVERY_MS = 60_000;
const AT_ONCE = 6;
/** Three faults, each a third of 5%. */
const SHARE = 0.05 / 3;

/**
 * Tool calls and uploads of a signed-in user. The access token expires every minute, every twentieth request
 * hits a fault, and a second agent with the same sign-in is killed once a minute during a call.
 */
export async function signedInLoad({ server, agent: era, env }: LoadOptions): Promise<Load> {
  const sandbox = await startSandbox({
    era: server,
    autoApprove: true,
    strictRotation: true,
    accessTokenTtl: TOKEN_LIFETIME_S
  });
  const folder = join(env["IMGWIRE_CONFIG_DIR"] ?? "", "images");
  mkdirSync(folder);
  const user = {
    ...env,
    IMGWIRE_MCP_URL: sandbox.mcpUrl,
    IMGWIRE_TOKEN_STORE: "file",
    IMGWIRE_UPLOAD_ROOTS: folder
  };
  const signedIn = await imgwire(["login"], { ...user, BROWSER });
  if (signedIn.code !== 0) throw new Error(signedIn.stderr);
  const start = (): Promise<SoakAgent> => SoakAgent.start(era, { ...user, BROWSER: "none" });
  const agent = await start();
  addFaults(sandbox);
  const counts = { failed: 0, wrong: 0, uploads: 0, kills: 0, killsInRenewal: 0, signIns: 0 };
  const state = join(env["IMGWIRE_CONFIG_DIR"] ?? "", "state");
  let known = "";
  let signingIn: Promise<unknown> | undefined;

  /** Makes a call, and signs in again if the sign-in was lost with a killed neighbour. */
  async function call(name: string, args: object): Promise<Message> {
    const answer = await agent.call(name, args);
    if (!/Sign in to Imgwire/.test(JSON.stringify(answer.result?.["content"]))) return answer;
    signingIn ??= imgwire(["login"], { ...user, BROWSER }).finally(() => {
      signingIn = undefined;
      counts.signIns++;
    });
    await signingIn;
    return answer;
  }

  async function work(until: number, paceMs: number, worker: number): Promise<void> {
    for (let round = worker; Date.now() < until; round++) {
      const isRight = await [upload, retrieve, list, whoami][round % 4]!();
      if (isRight === undefined) counts.failed++;
      else if (!isRight) counts.wrong++;
      await delay(paceMs);
    }
  }

  async function upload(): Promise<boolean | undefined> {
    const [path, bytes] = [join(folder, `${crypto.randomUUID()}.png`), noise()];
    writeFileSync(path, bytes);
    const answer = await call("upload_image", { path });
    rmSync(path);
    if (isFailure(answer)) return undefined;
    counts.uploads++;
    const { image } = answer.result?.["structuredContent"] as { image: { id: string } };
    const { id } = image;
    known = id;
    return sandbox.store.object(id)?.sha256 === createHash("sha256").update(bytes).digest("hex");
  }

  async function retrieve(): Promise<boolean | undefined> {
    if (known === "") return true;
    const id = known;
    const answer = await call("retrieve_image", { image_id: id });
    return isFailure(answer) ? undefined : JSON.stringify(answer.result).includes(id);
  }

  async function list(): Promise<boolean | undefined> {
    return isFailure(await call("list_images", { limit: 3 })) ? undefined : true;
  }

  async function whoami(): Promise<boolean | undefined> {
    return isFailure(await call("whoami", {})) ? undefined : true;
  }

  /** Repeatedly starts a neighbour and kills it at a random moment. */
  async function neighbours(until: number): Promise<void> {
    while (Date.now() < until) {
      const neighbour = await start();
      const killAt = Math.min(until, Date.now() + KILL_EVERY_MS * (0.5 + Math.random()));
      while (Date.now() < killAt) {
        const call = neighbour.call("whoami", {});
        await Promise.race([call, delay(killAt - Date.now())]);
        await Promise.race([delay(Math.random() * 500), delay(killAt - Date.now())]);
      }
      void neighbour.call("whoami", {});
      await delay(Math.random() * 20);
      // Stop it first, so that its lock isn't taken over before it is checked.
      process.kill(neighbour.pid, "SIGSTOP");
      if (holdsLock(state, neighbour.pid)) counts.killsInRenewal++;
      await neighbour.kill();
      counts.kills++;
    }
  }

  return {
    agent,
    async run(until, paceMs) {
      const workers = Array.from({ length: AT_ONCE }, (_, worker) => work(until, paceMs, worker));
      await Promise.all([...workers, neighbours(until)]);
    },
    report() {
      const { killsInRenewal, signIns, ...rest } = counts;
      const { refreshRedemptions, refreshReuse } = sandbox.stats.oauth;
      // A killed process loses the sign-in if its refresh token was used and the new one wasn't stored yet.
      const lost = Math.max(0, Math.max(refreshReuse, signIns) - killsInRenewal);
      return { ...rest, faults: sandbox.struck, expiries: refreshRedemptions, killsInRenewal, lost };
    },
    close: () => sandbox.close()
  };
}

/** Doesn't include the fault that a program can't recover from: losing the response to a refresh. */
function addFaults(sandbox: Sandbox): void {
  for (const kind of ["reset", "reset-after", "respond"] as const)
    sandbox.fault({ origin: "mcp", method: "POST", kind, status: 503, share: SHARE });
  for (const kind of ["reset", "reset-body", "respond"] as const)
    sandbox.fault({ origin: "storage", method: "PUT", kind, status: 503, share: SHARE });
  for (const kind of ["reset", "respond"] as const)
    sandbox.fault({ origin: "issuer", method: "POST", kind, status: 503, share: 0.025 });
}

/** Whether a process holds the lock on the sign-in, which means that it is refreshing it. */
function holdsLock(state: string, pid: number): boolean {
  const locks = readdirSync(state).filter((name) => name.endsWith(".record.lock"));
  return locks.some((name) => {
    try {
      return (JSON.parse(readFileSync(join(state, name), "utf8")) as { pid: number }).pid === pid;
    } catch {
      return false; // It has been released in the meantime.
    }
  });
}

function isFailure({ error, result }: Message): boolean {
  return error !== undefined || result?.["isError"] === true;
}

/** A unique PNG of 2 to 200 KB. */
function noise(): Uint8Array {
  const side = 16 + Math.floor(Math.random() * 240);
  return encode({ width: side, height: side, data: randomBytes(side * side * 3), channels: 3 });
}
