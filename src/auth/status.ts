import type { CredentialStore } from "../credentials/store.ts";
import { grantedScopes } from "./insufficient-scope.ts";
import type { SignInRecord } from "./record.ts";
import { isSignedIn } from "./renewal.ts";

/** The state of a sign-in, for people and `--json`. */
export interface SessionStatus {
  signedIn: boolean;
  /** How requests are authorized: by a sign-in, by `IMGWIRE_ACCESS_TOKEN`, or not at all. */
  by: "sign-in" | "access-token" | "nothing";
  profile: string;
  issuer: string | undefined;
  store: string | undefined;
  /** Where the store is, in words for people. */
  location: string | undefined;
  /** When the access token expires, in milliseconds since the epoch. */
  expiresAt: number | undefined;
  /** Whether it can be renewed without the user. */
  refreshable: boolean;
  scopes: readonly string[];
}

/**
 * Describes a sign-in.
 * @param isFixed whether `IMGWIRE_ACCESS_TOKEN` is used instead
 * @param store the store that holds it; undefined if nobody is signed in
 */
export function describeStatus(
  profile: string,
  isFixed: boolean,
  record: SignInRecord | undefined,
  store: CredentialStore | undefined
): SessionStatus {
  const { server, tokens } = record ?? {};
  const signedIn = isSignedIn(record);
  return {
    signedIn: isFixed || signedIn,
    by: isFixed ? "access-token" : signedIn ? "sign-in" : "nothing",
    profile,
    issuer: server?.issuer,
    store: store?.kind,
    location: store?.describe(),
    expiresAt: tokens?.expires_at,
    refreshable: tokens?.refresh_token !== undefined,
    scopes: signedIn ? grantedScopes(record) : []
  };
}
