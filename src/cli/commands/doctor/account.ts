import { matchEnvironment } from "../../../mcp/environment/environments.ts";
import { SignInNeededError } from "../../../errors.ts";
import { type Check, type CheckContext, failure, pass, type CheckResult } from "./check.ts";
import { SIGN_IN } from "./repair.ts";

/** The checks of the sign-in and of what it gives access to. */
export const ACCOUNT_CHECKS: readonly Check[] = [
  { id: "token", title: "Sign-in", needs: ["keychain", "network"], run: checkToken },
  { id: "environment", title: "Environment", needs: ["token"], run: checkEnvironment }
];

async function checkToken({ deps, findings }: CheckContext): Promise<CheckResult> {
  const { signedIn, by, expiresAt, refreshable } = await (await deps.session()).status();
  if (!signedIn) {
    const error = new SignInNeededError(`You're not signed in to ${deps.settings.url.href}.`);
    return { ...failure(error), repair: SIGN_IN };
  }
  await findings.whoami();
  if (by === "access-token") return pass("Imgwire accepts IMGWIRE_ACCESS_TOKEN.");
  if (refreshable) return pass("Signed in; refreshes automatically.");
  const until = expiresAt === undefined ? "" : ` until ${new Date(expiresAt).toISOString()}`;
  return pass(`Signed in${until}; then you have to sign in again.`);
}

async function checkEnvironment({ deps, findings }: CheckContext): Promise<CheckResult> {
  const { environments, linked } = await findings.whoami();
  const choice = deps.environments.current();
  const names = environments.map(({ name }) => name).join(", ");
  if (!choice && linked) return pass(`${linked.name} (linked to the connection).`);
  if (!choice) {
    const fix = "Run `imgwire env list` and pick one of them: imgwire env use <name>";
    return { status: "warn", message: "No Environment selected.", fix };
  }
  const match = matchEnvironment(choice.wanted, environments);
  if ("found" in match) return pass(`${match.found.name} (set in ${choice.place}).`);
  const problem =
    "ambiguous" in match ? "matches several Environments" : "isn't the name or id of an Environment";
  return {
    status: "fail",
    message: `"${choice.wanted}" (set in ${choice.place}) ${problem}.`,
    fix: `Pick one of ${names}: imgwire env use <name-or-id>`
  };
}
