import { createDeps } from "../../../deps.ts";
import { messageOf } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { profilesOf } from "../profile/run.ts";
import { identify, type Identity, type SignInStorage, storageOf } from "./identity.ts";
import { describeIdentity } from "./report.ts";

/** One profile with its account, or with the reason why the account is unknown. */
interface Entry {
  profile: string;
  current: boolean;
  signedIn: boolean;
  problem?: string;
  account?: Partial<Identity> & SignInStorage;
}

/** `imgwire whoami --all`: shows the account of each profile. A failure doesn't hide the others. */
export async function runWhoamiAll(invocation: Invocation): Promise<void> {
  const { out } = invocation;
  const profiles: Entry[] = [];
  for (const { name, current, signedIn } of profilesOf(invocation.deps)) {
    const entry = { profile: name, current, signedIn };
    profiles.push(signedIn ? { ...entry, ...(await accountOf(invocation, name)) } : entry);
  }
  out.answer({ profiles }, () => profiles.map((entry) => describe(entry, out)).join("\n\n"));
}

async function accountOf(
  { deps, out, signal }: Invocation,
  profile: string
): Promise<Pick<Entry, "account" | "problem">> {
  const { url, tokenStore } = deps.settings;
  const other = createDeps(deps.io, { url: url.href, profile, tokenStore });
  try {
    const identity = await identify({ deps: other, out, signal });
    return { account: { ...identity, ...storageOf(url, await (await other.session()).status()) } };
  } catch (error) {
    return { problem: messageOf(error) };
  } finally {
    await other.close();
  }
}

function describe({ profile, current, signedIn, problem, account }: Entry, out: Invocation["out"]): string {
  const title = out.color.bold(`${profile}${current ? " (current)" : ""}`);
  if (account) return `${title}\n${describeIdentity({ ...account, profile: undefined }, out)}`;
  return `${title}\n${problem ?? (signedIn ? "" : "Not signed in.")}`;
}
