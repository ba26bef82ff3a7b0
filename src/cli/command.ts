import type { Command } from "commander";
import type { Deps } from "../deps.ts";
import type { Output } from "./ui/output.ts";

/** The context that a command runs in. */
export interface Invocation {
  deps: Deps;
  out: Output;
  /** Aborted by Ctrl-C or SIGTERM. */
  signal: AbortSignal;
}

/** The implementation of a command. Returns an exit code if it isn't 0. */
export type Run<Options, Args extends unknown[]> = (
  invocation: Invocation,
  options: Options,
  ...args: Args
) => Promise<number | void>;

/** Wraps a command's implementation in a commander action. */
export type Runner = <Options, Args extends unknown[]>(
  run: Run<Options, Args>
) => (...given: [...Args, Options, Command]) => Promise<void>;

/** Adds the commands of one noun to the program. */
export type Register = (program: Command, run: Runner) => void;
