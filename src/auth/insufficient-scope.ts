import type { AuthChallenge } from "../authorization.ts";
import { ImgwireError, SignInNeededError } from "../errors.ts";
import { parseBearerChallenge } from "./bearer-challenge.ts";
import type { RecordStore } from "./record-store.ts";
import type { SignedIn } from "./renewal.ts";
import { includesAll, splitScopes } from "./scopes.ts";
import { formatServerText } from "./server-text.ts";

/** The meaning of a 403. */
export interface Forbidden {
  error: Error;
  /** The scopes that another sign-in has to request; empty if that wouldn't help. */
  missingScopes: readonly string[];
}

/** Classifies a 403. Signing in again helps only if it demands scopes that the token lacks. */
export function classifyForbidden(challenge: AuthChallenge, record: SignedIn): Forbidden {
  const { error, scope, errorDescription } = parseBearerChallenge(challenge.wwwAuthenticate);
  const reason = formatServerText(errorDescription);
  if (error !== "insufficient_scope" || !scope) {
    return final("forbidden", `Imgwire does not allow this${reason}.`, {
      hint: "Your role or plan may not include it. `imgwire whoami` shows who you are signed in as."
    });
  }
  if (includesAll(grantedScopes(record), scope)) {
    return final(
      "insufficient_scope",
      `Imgwire refuses this even though the permission was granted${reason}.`,
      {
        hint: "Signing in again would not help. Contact whoever runs the service."
      }
    );
  }
  const message = `This needs another permission${formatServerText(scope.join(" "))}.`;
  const hint = "Run `imgwire login`, which asks for it.";
  return { error: new SignInNeededError(message, { hint, challenge }), missingScopes: scope };
}

function final(code: string, message: string, details: { hint: string }): Forbidden {
  return { error: new ImgwireError(code, message, details), missingScopes: [] };
}

/** The granted scopes of a sign-in, or the requested ones if the server didn't say which it granted. */
export function grantedScopes({ tokens, scopes }: SignedIn): string[] {
  return tokens.scope === undefined ? scopes : splitScopes(tokens.scope);
}

/** Stores which scopes are missing, because another process may make the sign-in that requests them. */
export async function noteMissingScopes(records: RecordStore, missing: readonly string[]): Promise<void> {
  await records.exclusively(async (present, save) => {
    const noted = present?.missingScopes ?? [];
    if (!present || missing.every((scope) => noted.includes(scope))) return;
    await save({ ...present, missingScopes: [...new Set([...noted, ...missing])] });
  });
}
