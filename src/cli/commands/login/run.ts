import type { PendingSignIn } from "../../../authorization.ts";
import type { Deps } from "../../../deps.ts";
import { UsageError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { spin } from "../../ui/progress.ts";
import { wrapColumnsOf } from "../../ui/columns.ts";
import { wrappedLines } from "../../ui/wrap.ts";
import { identify, type Identity, storageOf } from "../whoami/identity.ts";
import { loginWithToken } from "./with-token.ts";
import { describeInstructions, describeSignedIn, waitingFor } from "./report.ts";

/** How to sign in. */
export interface LoginOptions {
  device?: boolean;
  issuer?: string;
  /** Seconds. */
  timeout?: number;
  withToken?: boolean;
}

/**
 * Refuses the memory store, because the sign-in would be lost when the command ends.
 * @throws UsageError
 */
function refuseMemory({ settings }: Deps): void {
  if (settings.tokenStore !== "memory") return;
  throw new UsageError("The token store is memory, so a sign-in would be gone when this command ends.", {
    hint: "Unset IMGWIRE_TOKEN_STORE, or set it to keychain or file."
  });
}

/** Signs in and shows the account. */
export async function runLogin(invocation: Invocation, options: LoginOptions): Promise<void> {
  const { deps, out } = invocation;
  refuseMemory(deps);
  const session = await deps.session();
  if ((await session.status()).by === "sign-in")
    out.note("You're already signed in; signing in again replaces that sign-in.");
  if (options.withToken) await loginWithToken(invocation, session);
  else await signInByUser(invocation, options);
  const identity = await whoIsIt(invocation);
  const answer = { signedIn: true, ...identity, ...storageOf(deps.settings.url, await session.status()) };
  out.answer(answer, () => describeSignedIn(answer, out));
}

/** Signs in with the browser or a code. */
export async function signInByUser(invocation: Invocation, options: LoginOptions): Promise<void> {
  refuseMemory(invocation.deps);
  const session = await invocation.deps.session();
  const { issuer } = options;
  const pending = await session.signIn(undefined, {
    ...{ again: true, signal: invocation.signal, issuer, returnTo: "your terminal" },
    ...(options.device && { method: "device" as const }),
    ...(options.timeout !== undefined && { timeoutMs: options.timeout * 1_000 })
  });
  await waitFor(pending, invocation, options);
}

/** Shows the link or the code on stderr, even with `--json`, because it is needed to sign in. */
async function waitFor(
  pending: PendingSignIn,
  { deps, out, signal }: Invocation,
  options: LoginOptions
): Promise<void> {
  const instructions = describeInstructions(pending, out, options.device === true);
  deps.io.stderr.write(`${wrappedLines(instructions, wrapColumnsOf(deps.io.stderr))}\n`);
  const done = spin(deps.io.stderr, out.interactive, waitingFor(pending), signal);
  await pending.completed.finally(done);
}

/** Returns the signed-in account; undefined, with a warning, if Imgwire doesn't return it. */
async function whoIsIt(invocation: Invocation): Promise<Identity | undefined> {
  try {
    return await identify(invocation);
  } catch (error) {
    const why = (error as Error).message;
    invocation.deps.log.warn(`Signed in, but Imgwire didn't return your account details: ${why}`);
    return undefined;
  }
}
