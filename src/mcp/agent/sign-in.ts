import { explain, SignInNeededError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { withTimeout } from "../../system/timeout.ts";
import type { Call } from "../calls/agent-call.ts";
import type { AuthChallenge, AuthProvider, PendingSignIn } from "../../authorization.ts";
import { type ClientInfo, takesUrls } from "../protocol/capabilities.ts";
import type { Interceptor } from "./bridge.ts";

export interface SignInGateOptions {
  authorization: () => Promise<AuthProvider>;
  /** How long a call waits for the user, in milliseconds. */
  waitMs: number;
  /** Called when a sign-in has succeeded. */
  signedIn: () => void;
  restart: (call: Call) => void;
  log: Log;
}

const PROGRESS_INTERVAL_MS = 5_000;
/** The longest wait without progress notifications, for an agent whose user already has the link. */
const MAX_SILENT_WAIT_MS = 10_000;
/** A sign-in that doesn't help isn't repeated forever. */
const MAX_RESTARTS = 2;

/**
 * Starts a sign-in for a tool call that needs one. The call waits for a limited time and then answers with
 * the link. The sign-in continues in the background, so that a later call succeeds.
 */
export function signInGate(options: SignInGateOptions): Interceptor {
  const watched = new WeakSet<Promise<void>>();
  const shown = new Set<string>();

  const watch = ({ completed }: PendingSignIn): void => {
    if (watched.has(completed)) return;
    watched.add(completed);
    completed.then(options.signedIn, (error: unknown) =>
      options.log.info(`Sign-in: ${explain(error, "person")}`)
    );
  };

  const signIn = async (call: Call, challenge: AuthChallenge | undefined): Promise<void> => {
    const authorization = await options.authorization();
    const pending = await authorization.signIn(challenge, { returnTo: nameOf(call.client) });
    watch(pending);
    const hasLink = pending.browserOpened || shown.has(pending.url);
    const outcome = await settle(call, pending, options.waitMs, hasLink);
    shown.add(pending.url);
    if (outcome === "done") {
      call.prepareRestart();
      options.restart(call);
    } else {
      call.result({ content: [{ type: "text", text: instruction(pending, outcome) }], isError: true });
    }
  };

  return {
    methods: new Set(["tools/call"]),
    rescue(call, error) {
      if (!(error instanceof SignInNeededError) || call.restarts >= MAX_RESTARTS) return false;
      signIn(call, error.challenge).catch((failure: unknown) => {
        call.restarts = MAX_RESTARTS;
        call.fail(failure);
      });
      return true;
    }
  };
}

/** Display names of agents whose client info has only an identifier. */
const NAMES: Readonly<Record<string, string>> = {
  "claude-code": "Claude Code",
  "codex-mcp-client": "Codex",
  "gemini-cli-mcp-client": "Gemini CLI"
};

/** The agent's name for the page that the user sees after the sign-in. */
function nameOf({ clientInfo }: ClientInfo): string | undefined {
  const { title, name } = clientInfo ?? {};
  if (typeof title === "string" && title !== "") return title;
  return typeof name === "string" ? (NAMES[name] ?? name) : undefined;
}

type Outcome = "done" | "pending" | "declined";

function settle(call: Call, pending: PendingSignIn, waitMs: number, hasLink: boolean): Promise<Outcome> {
  if (takesUrls(call.client)) return elicitUrl(call, pending, waitMs);
  return wait(call, pending, waitFor(call, waitMs, hasLink));
}

/** Has the agent send its user to the link, and waits for both the agent's answer and the sign-in. */
async function elicitUrl(call: Call, pending: PendingSignIn, waitMs: number): Promise<Outcome> {
  const elicitationId = crypto.randomUUID();
  const controller = new AbortController();
  const message = pending.userCode
    ? `Sign in to Imgwire. Check that the page shows the code ${pending.userCode}.`
    : "Sign in to Imgwire.";
  const params = { mode: "url", message, url: pending.url, elicitationId };
  const asked = call
    .ask({ signIn: { method: "elicitation/create", params } }, controller.signal)
    .then(({ signIn }) => (signIn && "result" in signIn ? signIn.result["action"] : "unknown"));
  const first = await Promise.race([asked, wait(call, pending, waitMs)]);
  if (first === "decline") return "declined";
  // An unattended agent cancels on its own, so give it the link to pass on.
  if (first === "cancel") return "pending";
  if (first === "done" || first === "pending") {
    controller.abort();
    return first;
  }
  return wait(call, pending, waitMs);
}

/**
 * How long a call waits for the user. Without progress notifications, the user can't see that it is waiting.
 * @param hasLink whether the user may already be signing in; with a device code, we only learn of it at the
 *   next poll, seconds later
 */
function waitFor(call: Call, waitMs: number, hasLink: boolean): number {
  if (call.progressToken !== undefined) return waitMs;
  return hasLink ? Math.min(waitMs, MAX_SILENT_WAIT_MS) : 0;
}

/** Waits for the sign-in and reports progress to the agent. Rejects if the sign-in fails. */
async function wait(call: Call, pending: PendingSignIn, waitMs: number): Promise<Outcome> {
  let told = 0;
  const tell = (): void =>
    call.progress({ progress: told++, message: `Waiting for you to sign in at ${pending.url}` });
  tell();
  const ticking = setInterval(tell, PROGRESS_INTERVAL_MS);
  const cancelled = new Promise<Outcome>((resolve) => call.onCancel(() => resolve("pending")));
  try {
    const ended = Promise.race([pending.completed.then((): Outcome => "done"), cancelled]);
    return await withTimeout(ended, waitMs, (): Outcome => "pending");
  } finally {
    clearInterval(ticking);
  }
}

/** Tells the agent what to show and do. The link and the code are plain text, which every agent passes on. */
function instruction({ url, userCode, browserOpened }: PendingSignIn, outcome: Outcome): string {
  const first =
    outcome === "declined" ? "You chose not to sign in to Imgwire." : "Sign in to Imgwire to use this tool.";
  const open = browserOpened
    ? "A browser window should have opened. If not, open this link:"
    : "Open this link:";
  const code = userCode ? `\nThe page must show this code: ${userCode}` : "";
  return `${first} ${open}\n${url}${code}\nThen call the tool again; nothing needs to be restarted.`;
}
