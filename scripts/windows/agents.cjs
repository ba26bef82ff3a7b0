/** Checks with several agents that share a sign-in. */
const { Agent, dashboard, expect, login, settings } = require("./program.cjs");

const KILLS = 6;
/** About as long as a refresh takes, from the call to the stored tokens. */
const MAX_KILL_MS = 1_500;

const revoke = () => dashboard("api/revoke-access-tokens", { method: "POST" });

/** Each expiry must use exactly one refresh token, whichever agent comes first. */
async function expiries() {
  const { agents: count, rounds } = settings;
  const agents = await Promise.all(Array.from({ length: count }, () => new Agent().open()));
  await Promise.all(agents.map((agent) => agent.whoami()));
  const before = (await dashboard("api/stats")).oauth;
  for (let round = 0; round < rounds; round++) {
    await revoke();
    await Promise.all(agents.map((agent) => agent.whoami()));
  }
  const after = (await dashboard("api/stats")).oauth;
  await Promise.all(agents.map((agent) => agent.end()));
  const redeemed = after.refreshRedemptions - before.refreshRedemptions;
  expect(
    redeemed === rounds && after.refreshReuse === 0,
    `${redeemed} redeemed, ${after.refreshReuse} twice`
  );
}

/**
 * A process that is killed after using the refresh token and before storing the new one loses the sign-in.
 * That can't be prevented, but the other processes must say so immediately, and continue after the next
 * sign-in.
 */
async function kills() {
  let lost = 0;
  const other = await new Agent().open();
  for (let round = 0; round < KILLS; round++) {
    const victim = await new Agent().open();
    await revoke();
    const end = new Promise((resolve) => victim.child.on("close", resolve));
    void victim.call();
    const killing = setTimeout(() => victim.child.kill(), Math.random() * MAX_KILL_MS);
    const { result, error } = await other.call();
    clearTimeout(killing);
    victim.child.kill();
    await end;
    if (error || result.isError) {
      expect(/Sign in to Imgwire/.test(JSON.stringify(result)), error ?? result);
      lost += 1;
      await login();
      await other.whoami();
    }
  }
  await other.end();
  return lost > 0 ? `${lost} of ${KILLS} took the sign-in with them` : "";
}

module.exports = { expiries, kills };
