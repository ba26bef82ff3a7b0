import { DEFAULT_PROFILE } from "../../../auth/accounts.ts";
import { SignInNeededError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { identify, storageOf } from "./identity.ts";
import { describeIdentity } from "./report.ts";

/**
 * Shows the signed-in account.
 * @throws SignInNeededError
 */
export async function runWhoami(invocation: Invocation): Promise<void> {
  const { deps, out } = invocation;
  const session = await deps.session();
  if ((await session.token()) === undefined) {
    const { url, profile } = deps.settings;
    const where = profile === DEFAULT_PROFILE ? url.href : `${url.href} (profile ${profile})`;
    throw new SignInNeededError(`You're not signed in to ${where}.`);
  }
  const identity = await identify(invocation);
  const answer = { ...identity, ...storageOf(deps.settings.url, await session.status()) };
  out.answer(answer, () => describeIdentity(answer, out));
}
