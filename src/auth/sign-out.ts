import type { Fetch } from "./fetch.ts";
import { removeNotice } from "./sign-in-notice.ts";
import type { RecordStore } from "./record-store.ts";
import { isSignedIn } from "./renewal.ts";
import { revoke } from "./revocation.ts";

/** The result of signing out. */
export interface SignOutResult {
  wasSignedIn: boolean;
  /** Whether the server has revoked the tokens. */
  revoked: boolean;
  /** The error if revoking them failed. */
  problem: Error | undefined;
}

export const NOT_SIGNED_IN: SignOutResult = { wasSignedIn: false, revoked: false, problem: undefined };

/** Revokes the tokens (RFC 7009), then deletes them and the client registration even if that failed. */
export async function signOut(records: RecordStore, fetch: Fetch): Promise<SignOutResult> {
  return records.exclusively(async (present, save) => {
    const outcome = present && (await revoke(fetch, present).catch((error: Error) => error));
    await save(undefined);
    await removeNotice(records.path("signin.json"));
    const problem = outcome instanceof Error ? outcome : undefined;
    return { wasSignedIn: isSignedIn(present), revoked: outcome === true, problem };
  });
}
