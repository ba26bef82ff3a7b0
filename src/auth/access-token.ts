import type { AuthChallenge } from "../authorization.ts";
import { ImgwireError, SignInNeededError, UsageError } from "../errors.ts";
import { fileKey } from "../system/file-key.ts";
import { parseBearerChallenge } from "./bearer-challenge.ts";
import { subjectOf } from "./grants.ts";
import type { RecordStore } from "./record-store.ts";
import { formatServerText } from "./server-text.ts";
import { isToken } from "./tokens.ts";

/**
 * Removes what copying may have added to an access token: surrounding white space and a leading `Bearer`.
 * @param source where the token comes from, for the error message
 * @throws UsageError if the rest can't be a token
 */
export function parseAccessToken(text: string, source: string): string {
  const token = text
    .trim()
    .replace(/^bearer(\s+|$)/i, "")
    .trim();
  if (isToken(token)) return token;
  throw new UsageError(`${source} is not an access token.`, {
    hint: "A token is one word of ASCII characters, without spaces or line breaks."
  });
}

/** The error for a refused `IMGWIRE_ACCESS_TOKEN`, which this program can't renew. */
export function accessTokenRefused(challenge: AuthChallenge): ImgwireError {
  const reason = formatServerText(parseBearerChallenge(challenge.wwwAuthenticate).errorDescription);
  return new SignInNeededError(`Imgwire refused IMGWIRE_ACCESS_TOKEN${reason}.`, {
    hint: "Set IMGWIRE_ACCESS_TOKEN to a valid token, or unset it and run `imgwire login`.",
    challenge
  });
}

/** The error for a sign-in that `IMGWIRE_ACCESS_TOKEN` would override. */
export function accessTokenSet(): ImgwireError {
  return new ImgwireError(
    "access_token_fixed",
    "IMGWIRE_ACCESS_TOKEN is set, so signing in would have no effect.",
    { hint: "Unset IMGWIRE_ACCESS_TOKEN, then run `imgwire login`." }
  );
}

/** Stores an access token that the user provided, in place of a sign-in. */
export async function storeToken(records: RecordStore, accessToken: string): Promise<void> {
  const account = subjectOf(accessToken) ?? accessToken;
  await records.exclusively((present, save) =>
    save({
      ...{ version: 1, scopes: [], generation: (present?.generation ?? Date.now()) + 1 },
      account: fileKey(account),
      tokens: { access_token: accessToken, obtained_at: Date.now() }
    })
  );
}
