import { Option } from "commander";
import { UsageError } from "../../../errors.ts";
import type { Invocation, Register } from "../../command.ts";
import { describeIdentity, identify, type Identity, keepingOf } from "../../identity.ts";
import { plain } from "../../ui/output.ts";
import { spin } from "../../ui/spinner.ts";
import type { PendingSignIn } from "../../../authorization.ts";

interface LoginOptions {
  device?: boolean;
  timeout?: number;
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
  const where = flow.method === "device" ? "with the code" : "in the browser";
  const done = spin(deps.io.stderr, out.interactive, `Waiting for you to finish ${where}...`);
  await flow.completed.finally(done);
  const identity = await whoIsIt({ deps, out, signal });
  const answer = { signedIn: true, ...identity, ...keepingOf(deps.settings.url, await session.status()) };
  out.answer(answer, () => `${out.color.green("Signed in.")}\n${describeIdentity(answer, out.color.dim)}`);
}

/** Who signed in; a failure to tell is no failure of the sign-in. */
async function whoIsIt(invocation: Invocation): Promise<Identity | undefined> {
  try {
    return await identify(invocation);
  } catch (error) {
    const why = (error as Error).message;
    invocation.deps.log.warn(`You are signed in, but the service did not say as whom: ${why}`);
    return undefined;
  }
}

/** Shows the link, and the code large, on stderr: also with `--json`, since nobody could sign in without them. */
function show({ deps, out }: Invocation, flow: PendingSignIn): void {
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

function seconds(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= LONGEST_S) return value;
  throw new UsageError(`--timeout takes a whole number of seconds from 1 to ${LONGEST_S}, not "${text}".`);
}
