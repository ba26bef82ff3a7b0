import { type Output, plain } from "../../ui/output.ts";
import { wrapped } from "../../ui/wrap.ts";
import { DEFAULT_PROFILE } from "../../../auth/accounts.ts";
import type { Identity, SignInStorage } from "./identity.ts";

type Account = Partial<Identity> & Omit<SignInStorage, "profile">;

/**
 * Describes the signed-in account, one fact per line.
 * @param answer leave `profile` undefined if it is shown elsewhere; the default profile is never shown
 */
export function describeIdentity(
  answer: Account & { profile: string | undefined },
  { color, columns }: Pick<Output, "color" | "columns">
): string {
  const { user, organization, url, by, location, profile } = answer;
  const rows: [string, string | undefined][] = [
    ["User", [user?.name, user?.email && `<${user.email}>`].filter(Boolean).join(" ") || user?.id],
    ["Organization", organization?.name ?? organization?.id],
    ["Environment", user && effectiveEnvironment(answer)],
    ["Profile", profile === DEFAULT_PROFILE ? undefined : profile],
    ["Server", url],
    ["Stored in", by === "access-token" ? "IMGWIRE_ACCESS_TOKEN" : location],
    ["Session", session(answer)]
  ];
  const shown = rows.filter((row): row is [string, string] => row[1] !== undefined);
  const width = Math.max(...shown.map(([label]) => label.length));
  return shown
    .map(([label, value]) => {
      const laidOut = wrapped(plain(value), columns, width + 2);
      return `${color.dim(label.padEnd(width))}  ${laidOut}`;
    })
    .join("\n");
}

/** The Environment that commands use, and where it was set. */
function effectiveEnvironment({ environment, chosen }: Partial<Identity>): string {
  if (chosen) {
    // An Environment of this account has both by now.
    const known = chosen.id !== undefined && chosen.name !== undefined;
    return `${chosen.name ?? chosen.id}${known ? "" : ", which isn't one of yours"} (set in ${chosen.from})`;
  }
  if (environment) return `${environment.name} (linked to this connection)`;
  return "none yet; choose one: imgwire env use <name>";
}

function session({ by, expiresAt, refreshable }: Account): string | undefined {
  if (by === "access-token") return "uses the given access token";
  if (refreshable) return "refreshes automatically";
  if (expiresAt === undefined) return undefined;
  const minutes = Math.round((Date.parse(expiresAt) - Date.now()) / 60_000);
  const when = minutes === 0 ? "now" : new Intl.RelativeTimeFormat("en").format(minutes, "minute");
  return `ends ${when}; then sign in again`;
}
