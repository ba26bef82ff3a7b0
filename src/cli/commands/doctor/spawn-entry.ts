import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { win32 } from "node:path";
import type { Launch } from "../../../agents/launch.ts";

/** The arguments for `spawn`. */
export interface SpawnPlan {
  file: string;
  args: readonly string[];
  /** Windows only: the arguments are already quoted as one command line. */
  verbatim: boolean;
}

/** What a plan depends on. */
export interface SpawnInputs {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  exists: (path: string) => boolean;
}

/**
 * Works out how to start a command the way agents do. On Windows a name without an extension is looked up
 * with PATHEXT, and the command interpreter runs batch files such as `npx.cmd`. `spawn` does neither.
 */
export function planSpawn(command: string, args: readonly string[], inputs: SpawnInputs): SpawnPlan {
  const file = inputs.platform === "win32" ? findOnWindows(command, inputs) : command;
  if (!/\.(?:cmd|bat)$/i.test(file)) return { file, args, verbatim: false };
  const line = [file, ...args].map(quoteForCmd).join(" ");
  return {
    file: variable(inputs.env, "COMSPEC") || "cmd.exe",
    args: ["/d", "/s", "/c", `"${line}"`],
    verbatim: true
  };
}

/** Starts a stdio server as an agent would, in its own process group. */
export function spawnEntry(command: string, args: readonly string[], { env, cwd }: Launch): ChildProcess {
  const { platform } = process;
  const plan = planSpawn(command, args, { platform, env, exists: existsSync });
  return spawn(plan.file, [...plan.args], {
    env,
    cwd,
    windowsHide: true,
    windowsVerbatimArguments: plan.verbatim,
    detached: platform !== "win32"
  });
}

/** Kills a process started by {@link spawnEntry} and all of its descendants. */
export function killTree({ pid }: Pick<ChildProcess, "pid">, platform = process.platform): void {
  if (pid === undefined) return;
  try {
    if (platform !== "win32") process.kill(-pid, "SIGKILL");
    else spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).unref();
  } catch {
    // It has already ended.
  }
}

/**
 * Finds the file for a command name. If there is none, the name is returned, so that the system reports the
 * error.
 */
function findOnWindows(command: string, { env, exists }: SpawnInputs): string {
  const extensions = (variable(env, "PATHEXT") || ".COM;.EXE;.BAT;.CMD").split(";");
  const hasExtension = extensions.some((each) => command.toLowerCase().endsWith(each.toLowerCase()));
  const names = hasExtension ? [command] : extensions.map((each) => command + each.toLowerCase());
  const isPath = /[\\/]/.test(command);
  const folders = isPath ? [""] : (variable(env, "PATH") ?? "").split(";").filter(Boolean);
  const paths = folders.flatMap((folder) => names.map((name) => (folder ? win32.join(folder, name) : name)));
  return paths.find(exists) ?? command;
}

/** Windows ignores case in the names of variables. */
function variable(env: SpawnInputs["env"], name: string): string | undefined {
  return Object.entries(env).find(([key]) => key.toUpperCase() === name)?.[1];
}

/** Quotes an argument for both the command interpreter and the way programs parse their command line. */
function quoteForCmd(text: string): string {
  const quoted = `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
  return quoted.replace(/[()\][%!^"`<>&|;, *?]/g, "^$&");
}
