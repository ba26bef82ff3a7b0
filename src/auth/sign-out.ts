import type { Fetch } from "./fetch.ts";
import { removeNotice } from "./notice.ts";
import type { RecordStore } from "./record-store.ts";
import { isSignedIn } from "./renewal.ts";
import { revoke } from "./revocation.ts";

/** How a sign-out went. */
export interface SignOutResult {
  wasSignedIn: boolean;
  /** Whether the server has revoked the tokens. */
  revoked: boolean;
  /** Why they could not be revoked, if that was tried. */
  problem: Error | undefined;
}

export const NOT_SIGNED_IN: SignOutResult = { wasSignedIn: false, revoked: false, problem: undefined };

/** Revokes the tokens at the server (RFC 7009), then forgets them and the client registration in any case. */
export async function signOut(records: RecordStore, fetch: Fetch): Promise<SignOutResult> {
  return records.exclusively(async (present, save) => {
    const outcome = present && (await revoke(fetch, present).catch((error: Error) => error));
    await save(undefined);
    await removeNotice(records.path("signin.json"));
    const problem = outcome instanceof Error ? outcome : undefined;
    return { wasSignedIn: isSignedIn(present), revoked: outcome === true, problem };
  });
}
