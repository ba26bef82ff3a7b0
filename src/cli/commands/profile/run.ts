import { DEFAULT_PROFILE, parseSignInKey, readAccounts, signInKey } from "../../../auth/accounts.ts";
import { readUserConfig, saveSetting } from "../../../config/user.ts";
import { createDeps, type Deps } from "../../../deps.ts";
import { ImgwireError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { plain } from "../../ui/output.ts";
import { wrappedLines } from "../../ui/wrap.ts";
import { describeSignOut } from "../logout/report.ts";
import { signOutOf } from "../logout/run.ts";

/** One profile, for people and for `--json`. */
export interface ProfileRow {
  name: string;
  signedIn: boolean;
  current: boolean;
}

/** Returns the profiles of the hosted URL: those that have signed in, and the current one. */
export function profilesOf({ settings, paths }: Deps): ProfileRow[] {
  const accounts = Object.entries(readAccounts(paths.state) ?? {});
  const known = accounts
    .map(([key, account]) => ({ ...parseSignInKey(key), signedIn: !account.ended }))
    .filter(({ url }) => url === settings.url.href);
  const names = [...new Set([...known.map(({ profile }) => profile), settings.profile])].sort();
  return names.map((name) => ({
    name,
    signedIn: known.some(({ profile, signedIn }) => profile === name && signedIn),
    current: name === settings.profile
  }));
}

/** `imgwire profile list`. */
export function listProfiles({ deps, out }: Invocation): Promise<void> {
  const profiles = profilesOf(deps);
  const row = ({ name, signedIn, current }: ProfileRow): string =>
    `${current ? "*" : " "} ${plain(name)}${signedIn ? "" : "  (not signed in)"}`;
  out.answer({ profiles }, () => profiles.map(row).join("\n"));
  return Promise.resolve();
}

/** `imgwire profile use`. */
export async function useProfile({ deps, out }: Invocation, name: string): Promise<void> {
  checkName(deps, name);
  await saveSetting(deps.paths.config, "profile", name === DEFAULT_PROFILE ? undefined : name);
  const { profile, sources, places } = createDeps(deps.io, { url: deps.settings.url.href }).settings;
  if (profile !== name) {
    out.note(`${places.profile ?? sources.profile} selects another profile here: ${plain(profile)}.`);
  }
  const isSignedIn = profilesOf(deps).some((each) => each.name === name && each.signedIn);
  const next = isSignedIn ? "" : `\nYou're not signed in with it yet. Run: imgwire login --profile ${name}`;
  out.answer({ profile: name, signedIn: isSignedIn }, () =>
    wrappedLines(`Now using the profile ${name}.${next}`, out.columns)
  );
}

/** `imgwire profile remove`. @throws ImgwireError `profile_unknown` */
export async function removeProfile({ deps, out }: Invocation, name: string): Promise<void> {
  checkName(deps, name);
  const key = signInKey(deps.settings.url.href, name);
  if (
    !(key in (readAccounts(deps.paths.state) ?? {})) &&
    readUserConfig(deps.paths.config).settings.profile !== name
  ) {
    throw new ImgwireError("profile_unknown", `There is no profile ${name} for ${deps.settings.url.href}.`, {
      hint: "Run `imgwire profile list` to see yours."
    });
  }
  const result = await signOutOf(deps, key);
  if (readUserConfig(deps.paths.config).settings.profile === name)
    await saveSetting(deps.paths.config, "profile", undefined);
  out.answer({ removed: name, ...result }, () => `Removed the profile ${name}.\n${describeSignOut(result)}`);
}

/** Checks a profile's name by resolving the settings with it. @throws UsageError */
function checkName(deps: Deps, name: string): void {
  createDeps(deps.io, { url: deps.settings.url.href, profile: name });
}
