import type { Command } from "commander";
import type { Deps } from "../deps.ts";
import type { Output } from "./ui/output.ts";

/** What a command runs with. */
export interface Invocation {
  deps: Deps;
  out: Output;
  /** Aborted by Ctrl-C or SIGTERM. */
  signal: AbortSignal;
}

/** The work of one command. It returns an exit code where that isn't simply 0. */
export type Run<Options, Args extends unknown[]> = (
  invocation: Invocation,
  options: Options,
  ...args: Args
) => Promise<number | void>;

/** Turns a command's work into a commander action. */
export type Runner = <Options, Args extends unknown[]>(
  run: Run<Options, Args>
) => (...given: [...Args, Options, Command]) => Promise<void>;

/** Adds the commands of one noun to the program. */
export type Register = (program: Command, run: Runner) => void;
