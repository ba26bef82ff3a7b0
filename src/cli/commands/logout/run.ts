import { parseSignInKey, readAccounts, signInKey } from "../../../auth/accounts.ts";
import type { SignOutResult } from "../../../auth/sign-out.ts";
import { createDeps, type Deps } from "../../../deps.ts";
import type { Invocation } from "../../command.ts";
import { describeSignOut, type SignedOut } from "./report.ts";

/** What to sign out of. */
export interface LogoutOptions {
  all?: boolean;
}

/** Signs out of this URL and profile, or of all of them. */
export async function runLogout({ deps, out }: Invocation, { all }: LogoutOptions): Promise<void> {
  const own = signInKey(deps.settings.url.href, deps.settings.profile);
  const known = Object.keys(readAccounts(deps.paths.state) ?? {});
  const results: SignedOut[] = [];
  for (const key of all ? new Set([...known, own]) : [own]) results.push(await signOutOf(deps, key));
  if (deps.settings.accessToken)
    deps.log.warn("IMGWIRE_ACCESS_TOKEN is still set; unset it to be signed out.");
  out.answer({ signedOut: results }, () => results.map(describeSignOut).join("\n"));
}

/**
 * Signs out of the given server and profile.
 * @param key created by `signInKey`
 */
export async function signOutOf(deps: Deps, key: string): Promise<SignedOut> {
  const { url, profile } = parseSignInKey(key);
  const { wasSignedIn, revoked, problem } = await signOut(deps, url, profile);
  return { url, profile, wasSignedIn, revoked, ...(problem && { problem: problem.message }) };
}

/**
 * Permitted hosts and the location of a sign-in depend on its URL and profile, so each needs its own deps.
 */
async function signOut(deps: Deps, url: string, profile: string): Promise<SignOutResult> {
  const { settings } = deps;
  if (url === settings.url.href && profile === settings.profile) return (await deps.session()).signOut();
  const other = createDeps(deps.io, { url, profile, tokenStore: settings.tokenStore });
  try {
    return await (await other.session()).signOut();
  } finally {
    await other.close();
  }
}
