import { text } from "node:stream/consumers";
import { parseAccessToken } from "../../../auth/access-token.ts";
import type { Session } from "../../../auth/session.ts";
import { createDeps } from "../../../deps.ts";
import { SignInNeededError, UsageError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { identify } from "../whoami/identity.ts";

/**
 * Stores an access token read from stdin, so that it doesn't appear in a process list or shell history. A
 * token that Imgwire refuses isn't stored, and the current sign-in stays.
 * @throws UsageError if stdin is a terminal or holds no token; SignInNeededError if Imgwire refuses the token
 */
export async function loginWithToken(invocation: Invocation, session: Session): Promise<void> {
  const { stdin } = invocation.deps.io;
  if (stdin.isTTY === true) {
    throw new UsageError("--with-token reads the token from stdin, but stdin is a terminal.", {
      hint: "Pipe it in: imgwire login --with-token < token.txt"
    });
  }
  const token = parseAccessToken(await text(stdin), "What came from stdin");
  await tryOut(token, invocation);
  await session.useToken(token);
}

/** Asks Imgwire for the token's account before it replaces a working sign-in. */
async function tryOut(token: string, { deps, out, signal }: Invocation): Promise<void> {
  const { url, profile } = deps.settings;
  const env = { ...deps.io.env, IMGWIRE_ACCESS_TOKEN: token };
  const other = createDeps({ ...deps.io, env }, { url: url.href, profile });
  try {
    await identify({ deps: other, out, signal });
  } catch (error) {
    // Other errors don't mean that the token is bad.
    if (!(error instanceof SignInNeededError)) return;
    throw new SignInNeededError("Imgwire refused this access token, so nothing was stored.", {
      hint: `Check that it is complete, still valid, and meant for ${url.href}.`,
      cause: error
    });
  } finally {
    await other.close();
  }
}
