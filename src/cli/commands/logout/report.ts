import { DEFAULT_PROFILE } from "../../../auth/accounts.ts";

/** The result of signing out of one server, for people and for `--json`. */
export interface SignedOut {
  url: string;
  profile: string;
  wasSignedIn: boolean;
  revoked: boolean;
  problem?: string;
}

/** Describes one sign-out. */
export function describeSignOut({ url, profile, wasSignedIn, revoked, problem }: SignedOut): string {
  const where = profile === DEFAULT_PROFILE ? url : `${url} (profile ${profile})`;
  if (!wasSignedIn) return `You weren't signed in to ${where}.`;
  if (revoked) return `Signed out of ${where}. Access revoked.`;
  const why = (problem ?? "the server doesn't support that").replace(/\.$/, "");
  return [
    `Signed out of ${where} on this machine.`,
    `This machine's access couldn't be revoked (${why}). Revoke it in the dashboard, under Authorized Connections.`
  ].join("\n");
}
