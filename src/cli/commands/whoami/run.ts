import { SignInNeededError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { identify, storageOf } from "./identity.ts";
import { describeIdentity } from "./report.ts";

/**
 * Shows who is signed in.
 * @throws SignInNeededError
 */
export async function runWhoami(invocation: Invocation): Promise<void> {
  const { deps, out } = invocation;
  const session = await deps.session();
  if ((await session.token()) === undefined) {
    throw new SignInNeededError(`You're not signed in to ${deps.settings.url.href}.`);
  }
  const identity = await identify(invocation);
  const answer = { ...identity, ...storageOf(deps.settings.url, await session.status()) };
  out.answer(answer, () => describeIdentity(answer, out));
}
