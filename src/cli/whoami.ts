import type { SessionStatus } from "../auth/session.ts";
import { ImgwireError, SignInNeededError } from "../errors.ts";
import type { Invocation, Register } from "./command.ts";
import { type Identity, readIdentity } from "./identity.ts";
import { plain } from "./output.ts";

/** What `imgwire whoami` answers. */
interface WhoamiAnswer extends Partial<Identity> {
  url: string;
  by: SessionStatus["by"];
  issuer: string | undefined;
  /** keychain, file or memory; undefined with `IMGWIRE_ACCESS_TOKEN`. */
  store: string | undefined;
  location: string | undefined;
  /** When the access token ends, ISO 8601; undefined where that is not known. */
  expiresAt: string | undefined;
  refreshable: boolean;
  scopes: readonly string[];
}

/** `imgwire whoami`. */
export const registerWhoami: Register = (program, run) => {
  program
    .command("whoami")
    .description("show who is signed in, the linked Environment, and where the sign-in is kept")
    .action(run(whoami));
};

async function whoami({ deps, out, signal }: Invocation): Promise<void> {
  const session = await deps.session();
  if ((await session.token()) === undefined) throw new SignInNeededError("Nobody is signed in.");
  const identity = await readIdentity(await deps.hosted(), signal);
  if (!identity) throw new ImgwireError("whoami_failed", "The hosted service does not say who is signed in.");
  const status = await session.status();
  const expiresAt = status.expiresAt === undefined ? undefined : new Date(status.expiresAt).toISOString();
  const { by, issuer, store, location, refreshable, scopes } = status;
  const answer = {
    url: deps.settings.url.href,
    ...identity,
    by,
    issuer,
    store,
    location,
    expiresAt,
    refreshable,
    scopes
  };
  out.answer(answer, (shown) => table(shown, out.color.dim));
}

function table(answer: WhoamiAnswer, dim: (text: string) => string): string {
  const { user, organization, environment } = answer;
  const rows: [string, string | undefined][] = [
    ["User", [user?.name, user?.email && `<${user.email}>`].filter(Boolean).join(" ") || user?.id],
    ["Organization", organization?.name ?? organization?.id],
    ["Environment", environment?.name ?? environment?.id ?? "none linked"],
    ["Service", answer.url],
    ["Kept in", answer.by === "access-token" ? "IMGWIRE_ACCESS_TOKEN" : answer.location],
    ["Access token", lifetime(answer)]
  ];
  const shown = rows.filter((row): row is [string, string] => row[1] !== undefined);
  const width = Math.max(...shown.map(([label]) => label.length));
  return shown.map(([label, value]) => `${dim(label.padEnd(width))}  ${plain(value)}`).join("\n");
}

function lifetime({ by, expiresAt, refreshable }: WhoamiAnswer): string | undefined {
  if (by === "access-token") return "used as it is";
  const renewal = refreshable ? "renewed by itself" : "then sign in again";
  if (expiresAt === undefined) return refreshable ? renewal : undefined;
  const minutes = Math.round((Date.parse(expiresAt) - Date.now()) / 60_000);
  const formatted = new Intl.RelativeTimeFormat("en", { numeric: "always" }).format(minutes, "minute");
  return `ends ${formatted}, ${renewal}`;
}
