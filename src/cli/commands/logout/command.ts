import { readAccounts } from "../../../auth/accounts.ts";
import type { SignOutResult } from "../../../auth/sign-out.ts";
import { createDeps, type Deps } from "../../../deps.ts";
import type { Invocation, Register } from "../../command.ts";

interface LogoutOptions {
  all?: boolean;
}

/** How one sign-out went, as `imgwire logout` answers it. */
interface SignedOut {
  url: string;
  wasSignedIn: boolean;
  revoked: boolean;
  problem?: string;
}

/** `imgwire logout`. */
export const registerLogout: Register = (program, run) => {
  program
    .command("logout")
    .description("revoke the sign-in at the server and forget it")
    .option("--all", "every sign-in of this machine, not only the one for this URL")
    .action(run(logout));
};

async function logout({ deps, out }: Invocation, { all }: LogoutOptions): Promise<void> {
  const own = deps.settings.url.href;
  const known = Object.keys(readAccounts(deps.paths.state) ?? {});
  const urls = all ? [...new Set([...known, own])] : [own];
  const results: SignedOut[] = [];
  for (const url of urls) {
    results.push(toResult(url, await signOut(deps, url)));
  }
  if (deps.settings.accessToken)
    deps.log.warn("IMGWIRE_ACCESS_TOKEN is still set; unset it to be signed out.");
  out.answer({ signedOut: results }, () => results.map(describe).join("\n"));
}

/** Signs out of any URL: what may be talked to, and where the sign-in is, depends on the URL. */
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

function describe({ url, wasSignedIn, revoked, problem }: SignedOut): string {
  if (!wasSignedIn) return `Nobody was signed in to ${url}.`;
  if (revoked) return `Signed out of ${url}; the server has revoked the sign-in.`;
  const why = problem ?? "it offers no revocation";
  return `Signed out of ${url} on this machine. The server was not told: ${why}\nEnd it there under Authorized Connections in the dashboard.`;
}
