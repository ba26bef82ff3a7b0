import { Option } from "commander";
import type { Flow } from "../auth/joint.ts";
import type { SessionStatus } from "../auth/session.ts";
import { UsageError } from "../errors.ts";
import type { Invocation, Register } from "./command.ts";
import { describeIdentity, type Identity, readIdentity } from "./identity.ts";
import { plain } from "./output.ts";
import { spin } from "./spinner.ts";

interface LoginOptions {
  device?: boolean;
  timeout?: number;
}

/** What `imgwire login` answers. */
interface LoginAnswer extends Partial<Identity> {
  signedIn: true;
  url: string;
  issuer: string | undefined;
  store: string | undefined;
  location: string | undefined;
  expiresAt: string | undefined;
}

const LONGEST_S = 3_600;

/** `imgwire login`. */
export const registerLogin: Register = (program, run) => {
  program
    .command("login")
    .description("sign in to Imgwire, in a browser or by a code")
    .option("--device", "show a code to confirm on any device instead of opening a browser here")
    .addOption(new Option("--timeout <seconds>", "how long to wait for you (default 600)").argParser(seconds))
    .action(run(login));
};

async function login({ deps, out, signal }: Invocation, options: LoginOptions): Promise<void> {
  const session = await deps.session();
  const flow = await session.signIn(undefined, {
    again: true,
    signal,
    ...(options.device && { method: "device" as const }),
    ...(options.timeout !== undefined && { timeoutMs: options.timeout * 1_000 })
  });
  show({ deps, out, signal }, flow);
  const done = spin(deps.io.stderr, out.interactive, "Waiting for you to finish in the browser...");
  await flow.completed.finally(done);
  const answer = toAnswer(deps.settings.url, await session.status(), await whoIsIt({ deps, out, signal }));
  out.answer(answer, describe);
}

/** Shows the link, and the code large, on stderr: also with `--json`, since nobody could sign in without them. */
function show({ deps, out }: Invocation, flow: Flow): void {
  const { color } = out;
  const lines = flow.userCode
    ? ["", "Your code:", "", `    ${color.bold(color.cyan(spaced(flow.userCode)))}`, "", "Confirm it at:"]
    : [
        flow.browserOpened
          ? "Your browser was opened. If it shows nothing, open this link:"
          : "Open this link in a browser on this machine:"
      ];
  deps.io.stderr.write(`${[...lines, "", `    ${plain(flow.url)}`, ""].join("\n")}\n`);
}

/** A code that is easy to compare: its letters apart, its groups further apart. */
function spaced(code: string): string {
  return [...plain(code)].join(" ");
}

/** Who signed in; a failure to tell is no failure of the sign-in. */
async function whoIsIt({ deps, signal }: Invocation): Promise<Identity | undefined> {
  try {
    return await readIdentity(await deps.hosted(), signal);
  } catch (error) {
    deps.log.warn(`You are signed in, but the service did not say as whom: ${(error as Error).message}`);
    return undefined;
  }
}

function toAnswer(url: URL, status: SessionStatus, identity: Identity | undefined): LoginAnswer {
  return {
    signedIn: true,
    url: url.href,
    ...identity,
    issuer: status.issuer,
    store: status.store,
    location: status.location,
    expiresAt: status.expiresAt === undefined ? undefined : new Date(status.expiresAt).toISOString()
  };
}

function describe({ url, user, organization, environment, location }: LoginAnswer): string {
  const who = user ? `as ${plain(describeIdentity({ user, organization, environment }))}` : `to ${url}`;
  return `Signed in ${who}.\nThe sign-in is kept in ${location}.`;
}

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= LONGEST_S) return value;
  throw new UsageError(`--timeout takes a whole number of seconds from 1 to ${LONGEST_S}, not "${text}".`);
}
