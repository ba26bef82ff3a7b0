import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { win32 } from "node:path";
import type { Launch } from "../../../agents/launch.ts";

/** What `spawn` is called with. */
export interface SpawnPlan {
  file: string;
  args: readonly string[];
  /** Windows: the arguments are one command line already. */
  verbatim: boolean;
}

/** What a plan depends on. */
export interface SpawnInputs {
  platform: NodeJS.Platform;
  env: Readonly<Record<string, string | undefined>>;
  exists: (path: string) => boolean;
}

/**
 * How agents start a command. On Windows that is by its name alone with an extension of PATHEXT, and a batch
 * file, such as `npx.cmd`, by the command interpreter: `spawn` can do neither.
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

/** Starts a stdio server as an agent would, in a process group of its own. */
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

/** Kills a process that {@link spawnEntry} started, with everything that it has started. */
export function killTree({ pid }: Pick<ChildProcess, "pid">, platform = process.platform): void {
  if (pid === undefined) return;
  try {
    if (platform !== "win32") process.kill(-pid, "SIGKILL");
    else spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore", windowsHide: true }).unref();
  } catch {
    // It has ended meanwhile.
  }
}

/** The file that a name leads to; the name itself where none is found, so that the system says so. */
function findOnWindows(command: string, { env, exists }: SpawnInputs): string {
  const extensions = (variable(env, "PATHEXT") || ".COM;.EXE;.BAT;.CMD").split(";");
  const hasExtension = extensions.some((each) => command.toLowerCase().endsWith(each.toLowerCase()));
  const names = hasExtension ? [command] : extensions.map((each) => command + each.toLowerCase());
  const isPath = /[\\/]/.test(command);
  const folders = isPath ? [""] : (variable(env, "PATH") ?? "").split(";").filter(Boolean);
  const paths = folders.flatMap((folder) => names.map((name) => (folder ? win32.join(folder, name) : name)));
  return paths.find(exists) ?? command;
}

/** Variables of Windows have names without case. */
function variable(env: SpawnInputs["env"], name: string): string | undefined {
  return Object.entries(env).find(([key]) => key.toUpperCase() === name)?.[1];
}

/** An argument that survives both the command interpreter and the way programs split their command line. */
function quoteForCmd(text: string): string {
  const quoted = `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
  return quoted.replace(/[()\][%!^"`<>&|;, *?]/g, "^$&");
}
