import { SignInNeededError } from "../../../errors.ts";
import type { Invocation, Register } from "../../command.ts";
import { describeIdentity, identify, keepingOf } from "../../identity.ts";

/** `imgwire whoami`. */
export const registerWhoami: Register = (program, run) => {
  program
    .command("whoami")
    .description(
      "show who is signed in, the organization, the linked Environment and where the sign-in is kept"
    )
    .action(run(whoami));
};

async function whoami(invocation: Invocation): Promise<void> {
  const { deps, out } = invocation;
  const session = await deps.session();
  if ((await session.token()) === undefined) {
    throw new SignInNeededError(`Nobody is signed in to ${deps.settings.url.href}.`);
  }
  const identity = await identify(invocation);
  const answer = { ...identity, ...keepingOf(deps.settings.url, await session.status()) };
  out.answer(answer, () => describeIdentity(answer, out.color.dim));
}
