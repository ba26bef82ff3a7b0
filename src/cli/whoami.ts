import type { SessionStatus } from "../auth/session.ts";
import { SignInNeededError } from "../errors.ts";
import { chosenNow, type Environment } from "../mcp/environments.ts";
import { askWhoami, type Whoami } from "../mcp/whoami.ts";
import type { Invocation, Register } from "./command.ts";
import { plain } from "./output.ts";

/** Who is signed in, as `imgwire whoami` answers it. */
export interface Identity {
  url: string;
  user: Record<string, unknown> | undefined;
  organization: Record<string, unknown> | undefined;
  /** The Environment that the hosted side reports for this connection. */
  environment: Environment | undefined;
  /** The Environment that is chosen on this machine, where one is; it goes before the linked one. */
  chosen: (Partial<Environment> & { from: string }) | undefined;
  signIn: Omit<SessionStatus, "signedIn" | "expiresAt"> & { expiresAt: string | undefined };
}

/** `imgwire whoami`. */
export const registerWhoami: Register = (program, run) => {
  program
    .command("whoami")
    .description(
      "show who is signed in, the organization, the linked Environment and where the sign-in is kept"
    )
    .action(
      run(async (invocation: Invocation) => {
        const identity = await identify(invocation);
        invocation.out.answer(identity, describeIdentity);
      })
    );
};

/**
 * Asks the session and the hosted side who this is.
 * @throws SignInNeededError when nobody is signed in; whatever the hosted connection throws
 */
export async function identify({ deps, signal }: Invocation): Promise<Identity> {
  const session = await deps.session();
  if (!(await session.status()).signedIn)
    throw new SignInNeededError(`Nobody is signed in to ${deps.settings.url.href}.`);
  const { user, organization, linked } = await askWhoami(await deps.hosted(), signal);
  const { expiresAt, by, issuer, store, location, refreshable, scopes } = await session.status();
  const choice = deps.environments.current();
  return {
    url: deps.settings.url.href,
    user,
    organization,
    environment: linked,
    chosen: choice && { ...chosenNow(deps.environments), from: choice.place },
    signIn: {
      ...{ by, issuer, store, location, refreshable, scopes },
      expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt).toISOString()
    }
  };
}

/** An identity for people, one fact a line. */
export function describeIdentity({ url, user, organization, environment, chosen, signIn }: Identity): string {
  const lines: [string, string | undefined][] = [
    ["User", person(user)],
    ["Organization", name(organization)],
    ["Environment", environment ? plain(environment.name) : "none is linked to this connection"],
    ["Chosen here", chosen && `${plain(chosen.name ?? chosen.id)} (${chosen.from})`],
    ["Service", url],
    ["Sign-in kept in", signIn.by === "access-token" ? "IMGWIRE_ACCESS_TOKEN" : signIn.location],
    ["Access token", lifetime(signIn)]
  ];
  const width = Math.max(...lines.map(([label]) => label.length)) + 2;
  return lines.flatMap(([label, value]) => (value ? `${label.padEnd(width)}${value}` : [])).join("\n");
}

function person(user: Whoami["user"]): string | undefined {
  const full = [user?.["first_name"], user?.["last_name"]]
    .filter((part) => typeof part === "string")
    .join(" ");
  const email = typeof user?.["email"] === "string" ? user["email"] : undefined;
  return plain(full && email ? `${full} <${email}>` : full || email || name(user) || "unknown");
}

function name(fields: Whoami["organization"]): string | undefined {
  const value = fields?.["name"] ?? fields?.["id"];
  return typeof value === "string" ? plain(value) : undefined;
}

function lifetime({ by, expiresAt, refreshable }: Identity["signIn"]): string | undefined {
  if (by !== "sign-in") return undefined;
  const renewal = refreshable ? "renewed by itself" : "then sign in again";
  return expiresAt ? `valid until ${expiresAt}, ${renewal}` : `of unknown lifetime, ${renewal}`;
}
