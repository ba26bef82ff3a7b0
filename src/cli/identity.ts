import type { SessionStatus } from "../auth/status.ts";
import { chosenNow, type Environment } from "../mcp/environment/environments.ts";
import { askWhoami, type Whoami } from "../mcp/service/whoami.ts";
import type { Invocation } from "./command.ts";
import { plain } from "./ui/output.ts";

/** A person or an organization as far as the hosted side tells. */
interface Party {
  id: string | undefined;
  name: string | undefined;
  email?: string | undefined;
}

/** Who is signed in, and to what. */
export interface Identity {
  user: Party | undefined;
  organization: Party | undefined;
  /** The Environment that the hosted side reports for this connection. */
  environment: Environment | undefined;
  /** The Environment that is chosen on this machine, where one is; it goes before the linked one. */
  chosen: (Partial<Environment> & { from: string }) | undefined;
}

/** How the sign-in is kept, as `--json` shows it. */
export interface Keeping extends Omit<SessionStatus, "signedIn" | "expiresAt"> {
  url: string;
  /** When the access token ends, ISO 8601; undefined where that is not known. */
  expiresAt: string | undefined;
}

/** Asks the hosted side who is signed in. Throws what {@link askWhoami} throws. */
export async function identify({ deps, signal }: Invocation): Promise<Identity> {
  const { user, organization, linked } = await askWhoami(await deps.hosted(), signal);
  const choice = deps.environments.current();
  return {
    user: user && { id: text(user["id"]), name: fullName(user), email: text(user["email"]) },
    organization: organization && { id: text(organization["id"]), name: text(organization["name"]) },
    environment: linked,
    chosen: choice && { ...chosenNow(deps.environments), from: choice.place }
  };
}

/** Says how the sign-in is kept. */
export function keepingOf(url: URL, status: SessionStatus): Keeping {
  const { by, profile, issuer, store, location, refreshable, scopes, expiresAt } = status;
  const iso = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
  return { url: url.href, profile, by, issuer, store, location, expiresAt: iso, refreshable, scopes };
}

/** All of it for people, one fact a line. */
export function describeIdentity(answer: Partial<Identity> & Keeping, dim: (text: string) => string): string {
  const { user, organization, environment, chosen, url, by, location } = answer;
  const rows: [string, string | undefined][] = [
    ["User", [user?.name, user?.email && `<${user.email}>`].filter(Boolean).join(" ") || user?.id],
    ["Organization", organization?.name ?? organization?.id],
    ["Environment", environment?.name ?? (user && "none is linked to this connection")],
    ["Chosen here", chosen && `${chosen.name ?? chosen.id} (${chosen.from})`],
    ["Service", url],
    ["Kept in", by === "access-token" ? "IMGWIRE_ACCESS_TOKEN" : location],
    ["Access token", lifetime(answer)]
  ];
  const shown = rows.filter((row): row is [string, string] => row[1] !== undefined);
  const width = Math.max(...shown.map(([label]) => label.length));
  return shown.map(([label, value]) => `${dim(label.padEnd(width))}  ${plain(value)}`).join("\n");
}

function lifetime({ by, expiresAt, refreshable }: Keeping): string | undefined {
  if (by === "access-token") return "used as it is";
  const renewal = refreshable ? "renewed by itself" : "then sign in again";
  if (expiresAt === undefined) return refreshable ? renewal : undefined;
  const minutes = Math.round((Date.parse(expiresAt) - Date.now()) / 60_000);
  const when = minutes === 0 ? "about now" : new Intl.RelativeTimeFormat("en").format(minutes, "minute");
  return `ends ${when}, ${renewal}`;
}

function fullName(user: NonNullable<Whoami["user"]>): string | undefined {
  const parts = [text(user["first_name"]), text(user["last_name"])].filter(Boolean);
  return text(user["name"]) ?? (parts.join(" ") || undefined);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
