import type { PendingSignIn } from "../../../authorization.ts";
import { type Output, plain } from "../../ui/output.ts";
import type { Identity, SignInStorage } from "../whoami/identity.ts";
import { describeIdentity } from "../whoami/report.ts";

/** Tells the user what to do: open the link and, for a device sign-in, compare the code. */
export function describeInstructions(pending: PendingSignIn, { color }: Output, codeWanted: boolean): string {
  const url = `    ${plain(pending.url)}`;
  if (!pending.userCode) {
    const lead = pending.browserOpened
      ? "Opening your browser to sign in. If nothing appears, open this link:"
      : "Open this link in a browser on this machine:";
    return [lead, "", url, ""].join("\n");
  }
  const why = pending.browserOpened
    ? "Opening your browser to sign in. If nothing appears, sign in on any device:"
    : codeWanted
      ? "To sign in on any device:"
      : "No browser can be opened here, so sign in on any device:";
  const code = `    ${color.bold(color.cyan(spaced(pending.userCode)))}`;
  return [why, "", "1. Open this link:", "", url, "", "2. Check that it shows this code:", "", code, ""].join(
    "\n"
  );
}

/** Describes what the command is waiting for. */
export function waitingFor(pending: PendingSignIn): string {
  const what = pending.userCode ? "confirm the code" : "finish in the browser";
  return `Waiting for you to ${what}… (Ctrl-C to cancel)`;
}

/** Describes who is signed in and what to do next. */
export function describeSignedIn(answer: Partial<Identity> & SignInStorage, out: Output): string {
  const lines = [out.color.green("Signed in."), describeIdentity(answer, out)];
  if (answer.store === "memory") {
    lines.push("", "IMGWIRE_TOKEN_STORE is memory, so this sign-in ends with this command.");
  } else {
    const next =
      answer.user && !answer.environment && !answer.chosen ? "imgwire env use <name>" : "imgwire install";
    lines.push("", `Next: ${next}`);
  }
  return lines.join("\n");
}

/** Spaces out a code so that it is easier to compare. */
function spaced(code: string): string {
  return [...plain(code)].join(" ");
}
