import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../program.ts";
import type { AgentProgram } from "./programs.ts";
import { emptyHome, installed, run } from "./run.ts";

/** How an agent installs a plugin folder and lists what came with it. */
export interface PluginSteps {
  /** The agent's commands in order; `{plugin}` is replaced by the folder. */
  install: readonly (readonly string[])[];
  /** Commands and what each has to print. */
  lists: readonly (readonly [args: readonly string[], shows: RegExp])[];
}

/**
 * Installs the plugin folder into an agent with an empty home, using the agent's own commands.
 * @returns what went wrong; undefined if nothing did
 */
export async function tryPlugin(program: AgentProgram): Promise<string | undefined> {
  execFileSync("npm", ["run", "--silent", "plugin"], { cwd: ROOT, stdio: "inherit" });
  const modules = installed(program);
  const home = mkdtempSync(join(tmpdir(), "imgwire-plugin-"));
  const project = join(home, "project");
  mkdirSync(project);
  const { install, lists } = program.plugin!;
  const options = { env: emptyHome(home), cwd: project };
  try {
    let output = "";
    for (const args of install) {
      const filled = args.map((arg) => arg.replace("{plugin}", join(ROOT, "dist-plugin")));
      output += await run({ ...program, args: filled }, modules, options);
    }
    for (const [args, shows] of lists) {
      const listed = await run({ ...program, args }, modules, options);
      if (!shows.test(listed))
        return `\`${args.join(" ")}\` printed:\n${listed.slice(-1_000)}\nafter:\n${output.slice(-1_000)}`;
    }
    return undefined;
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
