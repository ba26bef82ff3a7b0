import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { ImgwireError, messageOf } from "../errors.ts";
import { withoutSecrets } from "../system/child-env.ts";

/** A request to read, write or delete one item of the keychain. */
export type KeychainStep =
  /**
   * `head` is a pattern for a secret that refers to further items: its first group is their slot, its second
   * how many there are. Those items, named `account#slot#number`, are also read and follow in the result.
   */
  | { do: "read"; account: string; head?: string }
  | { do: "write"; account: string; secret: string }
  | { do: "delete"; account: string };

/** The deadline for each keychain request of a batch. */
const KEYCHAIN_TIMEOUT_MS = 3_000;
/**
 * The deadline for the whole child process. Its start may take long without the keychain being hung: the
 * machine may be busy, or a virus scanner may read the library first.
 */
const PROCESS_TIMEOUT_MS = 15_000;

/**
 * Runs in the child's worker thread. Posts "next" before each request, and finally one message with the
 * result.
 */
const WORKER = `
const { parentPort, workerData } = require("node:worker_threads");
try {
  const { Entry } = require(workerData.library);
  const open = (name) => {
    parentPort.postMessage("next");
    return new Entry(workerData.service, name, { linux: { store: "secret-service" } });
  };
  const read = ({ account, head }) => {
    const own = open(account).getPassword();
    const [, slot, count = 0] = (head && new RegExp(head).exec(own ?? "")) || [];
    const part = (_, index) => open(account + "#" + slot + "#" + (index + 1)).getPassword();
    return [own, ...Array.from({ length: Number(count) }, part)];
  };
  const results = workerData.steps.flatMap((step) => {
    if (step.do === "read") return read(step);
    const entry = open(step.account);
    if (step.do === "write") return entry.setPassword(step.secret), null;
    return entry.deleteCredential(), null;
  });
  parentPort.postMessage({ results });
} catch (error) {
  parentPort.postMessage({ error: String(error && error.message) });
}
`;

/**
 * Runs in the child process. The native calls are made in a worker thread, because on a hung D-Bus even an
 * entry's constructor never returns. The main thread can then still end the process when the keychain's time
 * is up or the parent is gone.
 */
const CHILD = `
const { Worker } = require("node:worker_threads");
const end = () => process.kill(process.pid, "SIGKILL");
let input = "";
process.stdin.setEncoding("utf8").on("data", (chunk) => {
  input += chunk;
  if (!input.endsWith("\\n")) return;
  const worker = new Worker(${JSON.stringify(WORKER)}, { eval: true, workerData: JSON.parse(input) });
  let timer;
  worker.on("message", (answer) => {
    clearTimeout(timer);
    if (answer === "next") timer = setTimeout(end, ${KEYCHAIN_TIMEOUT_MS});
    else process.stdout.write(JSON.stringify(answer) + "\\n", end);
  });
});
process.stdin.on("close", end);
`;

/**
 * Queries the keychain in a child process. If the keychain hangs, that process can be killed without
 * affecting this one. Secrets are passed through its pipes, never through arguments or environment variables.
 * @returns for each step the secret that was read or null, followed by those that its head refers to
 * @throws ImgwireError `keychain_timeout`, or `keychain_failed` with the reason as `cause`
 */
export async function askKeychain(
  service: string,
  steps: readonly KeychainStep[],
  env: NodeJS.ProcessEnv
): Promise<(string | null)[]> {
  const input = JSON.stringify({ service, steps, library: library() });
  const output = await runChild(input, env).catch(notStarted);
  const answer =
    output === undefined
      ? undefined
      : (JSON.parse(output) as { results?: (string | null)[]; error?: string });
  if (answer?.results) return answer.results;
  if (answer?.error !== undefined) {
    throw new ImgwireError("keychain_failed", `The keychain refused: ${answer.error}`, {
      cause: new Error(answer.error)
    });
  }
  throw new ImgwireError(
    "keychain_timeout",
    `The keychain did not answer within ${KEYCHAIN_TIMEOUT_MS / 1_000} seconds: a window may be waiting for you to unlock it.`
  );
}

/** Returns the absolute path of the native library's entry point, which the child can't resolve. */
function library(): string {
  try {
    return createRequire(import.meta.url).resolve("@napi-rs/keyring");
  } catch (cause) {
    throw new ImgwireError("keychain_failed", "The keychain's library is not installed.", { cause });
  }
}

function notStarted(cause: unknown): never {
  const message = `No process could be started for the keychain: ${messageOf(cause)}.`;
  const hint = "Node may have been updated or removed. Restart the agent, or run the command again.";
  throw new ImgwireError("keychain_failed", message, { hint, cause });
}

/**
 * Runs the child. Resolves with its one line of output, or undefined if there was none in time; rejects if it
 * can't be started.
 */
function runChild(input: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["-e", CHILD], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...withoutSecrets(env), NODE_OPTIONS: "", NODE_DEBUG: "" },
      windowsHide: true
    });
    const kill = (): void => void child.kill("SIGKILL");
    const deadline = setTimeout(kill, PROCESS_TIMEOUT_MS);
    process.once("exit", kill);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (output += chunk));
    child.stdin.on("error", () => undefined);
    child.stdin.write(`${input}\n`);
    child.once("error", reject);
    child.once("close", () => {
      clearTimeout(deadline);
      process.off("exit", kill);
      resolve(output.endsWith("\n") ? output : undefined);
    });
  });
}
