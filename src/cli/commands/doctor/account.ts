import { matchEnvironment } from "../../../mcp/environment/environments.ts";
import { SignInNeededError } from "../../../errors.ts";
import { type Check, type CheckContext, failure, pass, type Verdict } from "./check.ts";

/** The checks of the sign-in and what it opens. */
export const ACCOUNT_CHECKS: readonly Check[] = [
  { id: "token", title: "Sign-in", needs: ["keychain", "network"], run: checkToken },
  {
    id: "environment",
    title: "Environment",
    needs: ["token"],
    run: checkEnvironment
  }
];

async function checkToken({ deps, findings }: CheckContext): Promise<Verdict> {
  const { signedIn, by, expiresAt, refreshable } = await (await deps.session()).status();
  if (!signedIn) return failure(new SignInNeededError(`Nobody is signed in to ${deps.settings.url.href}.`));
  await findings.whoami();
  if (by === "access-token") return pass("The hosted server accepts IMGWIRE_ACCESS_TOKEN.");
  const until = expiresAt === undefined ? "" : ` until ${new Date(expiresAt).toISOString()}`;
  if (refreshable) return pass("The hosted server accepts it; it is renewed by itself.");
  return pass(`The hosted server accepts it${until}; then you have to sign in again.`);
}

async function checkEnvironment({ deps, findings }: CheckContext): Promise<Verdict> {
  const { environments, linked } = await findings.whoami();
  const choice = deps.environments.current();
  if (!choice && linked) return pass(`${linked.name}, bound to the connection.`);
  if (!choice) {
    return {
      status: "warn",
      message: "None is chosen, and the connection is bound to none.",
      fix: "Choose one: imgwire env use <name>"
    };
  }
  const match = matchEnvironment(choice.wanted, environments);
  if ("found" in match) {
    const bound =
      linked && linked.id !== match.found.id ? ` The connection itself is bound to ${linked.name}.` : "";
    return pass(`${match.found.name}, chosen in ${choice.place}.${bound}`);
  }
  const names = environments.map(({ name }) => name).join(", ");
  const problem = "ambiguous" in match ? "several have that name" : "there is none of that name or id";
  return {
    status: "fail",
    message: `"${choice.wanted}" is chosen in ${choice.place}, but ${problem}.`,
    fix: `Choose one that there is (${names}): imgwire env use <name-or-id>`
  };
}
