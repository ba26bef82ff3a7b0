import { text } from "node:stream/consumers";
import { parseAccessToken } from "../../../auth/access-token.ts";
import type { Session } from "../../../auth/session.ts";
import { SignInNeededError, UsageError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { identify } from "../whoami/identity.ts";

/**
 * Stores an access token from stdin, where it is in no process list and no shell history. A token that
 * Imgwire refuses is not kept.
 * @throws UsageError if stdin has none; SignInNeededError if Imgwire refuses it
 */
export async function loginWithToken(invocation: Invocation, session: Session): Promise<void> {
  const { stdin } = invocation.deps.io;
  if (stdin.isTTY === true) {
    throw new UsageError("--with-token reads the token from stdin, and there is nothing on it.", {
      hint: "Pipe it in: imgwire login --with-token < token.txt"
    });
  }
  await session.useToken(parseAccessToken(await text(stdin), "What came from stdin"));
  try {
    await identify(invocation);
  } catch (error) {
    if (!(error instanceof SignInNeededError)) return;
    await session.signOut();
    throw new SignInNeededError("Imgwire refused this access token.", { cause: error });
  }
}
