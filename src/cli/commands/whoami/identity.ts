import type { SessionStatus } from "../../../auth/status.ts";
import { chosenNow } from "../../../mcp/environment/environments.ts";
import type { Environment, Whoami } from "../../../mcp/service/whoami.ts";
import type { Invocation } from "../../command.ts";
import { fetchWhoami } from "../../whoami.ts";

/** A person or organization; only what Imgwire provides is set. */
interface Party {
  id: string | undefined;
  name: string | undefined;
  email?: string | undefined;
}

/** The signed-in account and what it gives access to. */
export interface Identity {
  user: Party | undefined;
  organization: Party | undefined;
  /** The Environment that Imgwire reports for this connection. */
  environment: Environment | undefined;
  /** The Environment selected on this machine, which takes precedence over the connection's. */
  chosen: (Partial<Environment> & { from: string }) | undefined;
}

/** How the sign-in is stored, in the form of `--json`. */
export interface SignInStorage extends Omit<SessionStatus, "signedIn" | "expiresAt"> {
  url: string;
  /** When the access token expires (ISO 8601); undefined if unknown. */
  expiresAt: string | undefined;
}

/**
 * Asks Imgwire who is signed in.
 * @throws as {@link fetchWhoami}
 */
export async function identify(invocation: Invocation): Promise<Identity> {
  const { deps } = invocation;
  const { user, organization, linked } = await fetchWhoami(invocation);
  const choice = deps.environments.current();
  return {
    user: user && { id: text(user["id"]), name: fullName(user), email: text(user["email"]) },
    organization: organization && { id: text(organization["id"]), name: text(organization["name"]) },
    environment: linked,
    chosen: choice && { ...chosenNow(deps.environments), from: choice.place }
  };
}

/** Describes how the sign-in is stored. */
export function storageOf(url: URL, status: SessionStatus): SignInStorage {
  const { by, profile, issuer, store, location, refreshable, scopes, expiresAt } = status;
  const iso = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
  return { url: url.href, profile, by, issuer, store, location, expiresAt: iso, refreshable, scopes };
}

function fullName(user: NonNullable<Whoami["user"]>): string | undefined {
  const parts = [text(user["first_name"]), text(user["last_name"])].filter(Boolean);
  return text(user["name"]) ?? (parts.join(" ") || undefined);
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
