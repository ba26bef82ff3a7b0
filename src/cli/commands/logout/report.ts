/** How one sign-out went, as `imgwire logout` answers it. */
export interface SignedOut {
  url: string;
  wasSignedIn: boolean;
  revoked: boolean;
  problem?: string;
}

/** One sign-out for people. */
export function describeSignOut({ url, wasSignedIn, revoked, problem }: SignedOut): string {
  if (!wasSignedIn) return `You weren't signed in to ${url}.`;
  if (revoked) return `Signed out of ${url}. Access revoked.`;
  const why = (problem ?? "it offers no revocation").replace(/\.$/, "");
  return [
    `Signed out of ${url} on this machine.`,
    `Imgwire couldn't be told (${why}), so revoke it yourself: dashboard, Authorized Connections.`
  ].join("\n");
}
