import type { Io } from "../system/io.ts";
import { Assembly, type AssemblyOptions, type Bounds } from "./assembly.ts";
import { settleWithin } from "../system/timeout.ts";
import { Stdio } from "./agent/stdio.ts";

/** What the stdio server is made of; what is heavy is asked for when it is needed. */
export interface ServeOptions extends Omit<AssemblyOptions, "bounds"> {
  io: Io;
  bounds?: Partial<Bounds>;
}

const BOUNDS: Bounds = { signInWaitMs: 45_000, idleCallMs: 5 * 60_000, liveAnswerMs: 3_000 };
/** What is pending when the agent closes its end may still be answered within this. */
const GRACE_MS = 1_000;

/**
 * Runs the stdio MCP server: everything between the agent on stdin and stdout and the hosted server.
 * @returns the exit code, when the agent has left or the process is told to end
 */
export async function serve({ io, bounds, ...options }: ServeOptions): Promise<number> {
  const stdio = new Stdio(io.stdin, io.stdout);
  const assembly = new Assembly({ ...options, bounds: { ...BOUNDS, ...bounds } }, stdio);
  const { bridge } = assembly;
  // Not `once`: a library that listens too would take the signal for its own, and end the process with it.
  const signalled = new Promise<"signal">((resolve) => {
    process.on("SIGTERM", () => resolve("signal"));
    process.on("SIGINT", () => resolve("signal"));
  });
  const left = new Promise<"left">((resolve) => {
    stdio.start(
      (line) => bridge.receive(line),
      () => resolve("left")
    );
  });
  const why = await Promise.race([left, signalled]);
  options.log.debug(why === "left" ? "The agent has closed its end." : "Told to end.");
  if (why === "left") await settleWithin(GRACE_MS, bridge.idle());
  bridge.abandon();
  await assembly.close();
  stdio.stop();
  return 0;
}
