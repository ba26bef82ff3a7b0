/**
 * Stresses a sign-in that many agents on one machine share, with a server that revokes it if a refresh token
 * is used twice. In each round the access token expires or is revoked, and all agents call a tool at the same
 * time. Each round must use exactly one refresh token, and no agent may need to sign in again.
 *
 *     npm run stress:refresh                                  16 processes, 50 rounds
 *     npm run stress:refresh -- --processes 4 --rounds 10
 *     npm run stress:refresh -- --store keychain              with the keychain of this session
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { readAccount } from "../src/auth/accounts.ts";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.ts";
import { bin, BROWSER, imgwire } from "./program.ts";
import { type Message, StdioDriver } from "../sandbox/client/stdio-driver.ts";

const { values } = parseArgs({
  options: {
    processes: { type: "string", default: "16" },
    rounds: { type: "string", default: "50" },
    ttl: { type: "string", default: "4" },
    store: { type: "string", default: "file" }
  }
});
const rounds = Number(values.rounds);
const folder = await mkdtemp(join(tmpdir(), "imgwire-stress-"));
const sandbox = await startSandbox({
  autoApprove: true,
  strictRotation: true,
  accessTokenTtl: Number(values.ttl)
});
const env = {
  PATH: process.env["PATH"] ?? "",
  HOME: folder,
  IMGWIRE_CONFIG_DIR: folder,
  IMGWIRE_MCP_URL: sandbox.mcpUrl,
  IMGWIRE_TOKEN_STORE: values.store,
  BROWSER,
  ...(process.env["DBUS_SESSION_BUS_ADDRESS"] && {
    DBUS_SESSION_BUS_ADDRESS: process.env["DBUS_SESSION_BUS_ADDRESS"]
  })
};
const agents: StdioDriver[] = [];

try {
  const signedIn = await imgwire(["login"], env);
  if (signedIn.code !== 0) throw new Error(signedIn.stderr);
  await startAgents(Number(values.processes));
  const [started, before] = [Date.now(), sandbox.stats.oauth.refreshRedemptions];
  for (let round = 1; round <= rounds; round++) await expire(round);
  process.exitCode = report(sandbox, before, (Date.now() - started) / 1_000) ? 0 : 1;
} finally {
  await Promise.all(agents.map((agent) => agent.end()));
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
}

async function startAgents(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const agent = new StdioDriver({ args: [bin("imgwire-mcp")], env: { ...env, BROWSER: "none" } });
    agents.push(agent);
    await agent.initialize();
  }
}

/** Expires or revokes the token and has all agents call a tool at the same time. */
async function expire(round: number): Promise<void> {
  const before = sandbox.stats.oauth.refreshRedemptions;
  if (round % 2 === 0) sandbox.revokeAccessTokens();
  else
    await delay(
      Math.max(0, (readAccount(join(folder, "state"), sandbox.mcpUrl)?.expiresAt ?? 0) + 20 - Date.now())
    );
  const answers = await Promise.all(agents.map((agent) => agent.call("whoami")));
  const failed = answers.filter((answer) => answer.error ?? answer.result?.["isError"]);
  const redeemed = sandbox.stats.oauth.refreshRedemptions - before;
  if (failed[0])
    process.stderr.write(`round ${round}: ${failed.length} calls failed: ${textOf(failed[0])}\n`);
  if (redeemed !== 1) process.stderr.write(`round ${round}: ${redeemed} redemptions\n`);
}

/** @param before refreshes while the agents were still starting, when tokens can expire too */
function report({ stats: { oauth } }: Sandbox, before: number, seconds: number): boolean {
  const redemptions = oauth.refreshRedemptions - before;
  const signIns = (oauth.tokens["authorization_code"] ?? 0) - 1;
  process.stdout.write(
    [
      `${agents.length} processes, ${rounds} expiries (half of them revocations), ${seconds.toFixed(0)} s, store: ${values.store}`,
      `redemptions  ${redemptions}`,
      `reuses       ${oauth.refreshReuse}`,
      `sign-ins     ${signIns}`,
      ""
    ].join("\n")
  );
  return redemptions === rounds && oauth.refreshReuse === 0 && signIns === 0;
}

function textOf(answer: Message): string {
  return JSON.stringify(answer.error ?? answer.result?.["content"]);
}
