import { readAccounts } from "../../../auth/accounts.ts";
import type { SignOutResult } from "../../../auth/sign-out.ts";
import { createDeps, type Deps } from "../../../deps.ts";
import type { Invocation } from "../../command.ts";
import { describeSignOut, type SignedOut } from "./report.ts";

/** What to sign out of. */
export interface LogoutOptions {
  all?: boolean;
}

/** Signs out of this URL, or of all. */
export async function runLogout({ deps, out }: Invocation, { all }: LogoutOptions): Promise<void> {
  const own = deps.settings.url.href;
  const known = Object.keys(readAccounts(deps.paths.state) ?? {});
  const urls = all ? [...new Set([...known, own])] : [own];
  const results: SignedOut[] = [];
  for (const url of urls) {
    results.push(toResult(url, await signOut(deps, url)));
  }
  if (deps.settings.accessToken)
    deps.log.warn("IMGWIRE_ACCESS_TOKEN is still set; unset it to be signed out.");
  out.answer({ signedOut: results }, () => results.map(describeSignOut).join("\n"));
}

/** Signs out of any URL: what may be contacted, and where the sign-in is stored, depends on the URL. */
async function signOut(deps: Deps, url: string): Promise<SignOutResult> {
  if (url === deps.settings.url.href) return (await deps.session()).signOut();
  const other = createDeps(deps.io, { url, tokenStore: deps.settings.tokenStore });
  try {
    return await (await other.session()).signOut();
  } finally {
    await other.close();
  }
}

function toResult(url: string, { wasSignedIn, revoked, problem }: SignOutResult): SignedOut {
  return { url, wasSignedIn, revoked, ...(problem && { problem: problem.message }) };
}
