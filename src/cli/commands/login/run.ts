import type { PendingSignIn } from "../../../authorization.ts";
import type { Invocation } from "../../command.ts";
import { spin } from "../../ui/progress.ts";
import { identify, type Identity, storageOf } from "../whoami/identity.ts";
import { describeInstructions, describeSignedIn, waitingFor } from "./report.ts";

/** How to sign in. */
export interface LoginOptions {
  device?: boolean;
  /** Seconds. */
  timeout?: number;
}

/** Signs in and shows who it is. */
export async function runLogin(invocation: Invocation, options: LoginOptions): Promise<void> {
  const { deps, out, signal } = invocation;
  const session = await deps.session();
  const pending = await session.signIn(undefined, {
    again: true,
    signal,
    ...(options.device && { method: "device" as const }),
    ...(options.timeout !== undefined && { timeoutMs: options.timeout * 1_000 })
  });
  await waitFor(pending, invocation, options);
  const identity = await whoIsIt(invocation);
  const answer = { signedIn: true, ...identity, ...storageOf(deps.settings.url, await session.status()) };
  out.answer(answer, () => describeSignedIn(answer, out));
}

/** Shows the link or the code, on stderr with `--json` as well: nobody could sign in without them. */
async function waitFor(
  pending: PendingSignIn,
  { deps, out, signal }: Invocation,
  options: LoginOptions
): Promise<void> {
  deps.io.stderr.write(`${describeInstructions(pending, out, options.device === true)}\n`);
  const done = spin(deps.io.stderr, out.interactive, waitingFor(pending), signal);
  await pending.completed.finally(done);
}

/** Who signed in; the sign-in is good even if Imgwire doesn't say. */
async function whoIsIt(invocation: Invocation): Promise<Identity | undefined> {
  try {
    return await identify(invocation);
  } catch (error) {
    const why = (error as Error).message;
    invocation.deps.log.warn(`Signed in, but Imgwire didn't return your account details: ${why}`);
    return undefined;
  }
}
