import type { AuthChallenge } from "../authorization.ts";
import { ImgwireError, SignInNeededError } from "../errors.ts";
import { parseBearerChallenge } from "./bearer-challenge.ts";
import { formatServerText } from "./server-text.ts";
import type { SignedIn } from "./renewal.ts";
import { includesAll } from "./scopes.ts";

/** Whether another sign-in can lift a 403: only one that asks for scopes which the token does not have. */
export function classifyForbidden(refusal: AuthChallenge, record: SignedIn): Error {
  const { error, scope, errorDescription } = parseBearerChallenge(refusal.wwwAuthenticate);
  const said = formatServerText(errorDescription);
  if (error !== "insufficient_scope" || !scope) {
    return new ImgwireError("forbidden", `The hosted server does not allow this${said}.`, {
      hint: "Your role or plan may not include it. `imgwire whoami` shows who you are signed in as."
    });
  }
  if (includesAll(grantedScopes(record), scope)) {
    return new ImgwireError(
      "insufficient_scope",
      `The hosted server refuses this although the permission was granted${said}.`,
      {
        hint: "Signing in again would not help. Tell whoever runs the service."
      }
    );
  }
  return new SignInNeededError(`This needs a further permission${formatServerText(scope.join(" "))}.`);
}

/** The scopes of a sign-in: as granted, else as asked for. */
export function grantedScopes({ tokens, scopes }: SignedIn): string[] {
  return tokens.scope?.split(" ").filter(Boolean) ?? scopes;
}

/** The error for a refused `IMGWIRE_ACCESS_TOKEN`, which nobody here can renew. */
export function fixedTokenRefused({ wwwAuthenticate }: AuthChallenge): ImgwireError {
  const said = formatServerText(parseBearerChallenge(wwwAuthenticate).errorDescription);
  return new SignInNeededError(`The hosted server refused IMGWIRE_ACCESS_TOKEN${said}.`, {
    hint: "Set IMGWIRE_ACCESS_TOKEN to a valid token, or unset it and run `imgwire login`."
  });
}
