import { realpath } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import type { Io } from "../../../system/io.ts";
import { isObject } from "../../../system/json.ts";
import { readJsonIfUsable, readTextFile } from "../../../system/read.ts";
import { type Check, type CheckContext, pass, type CheckResult } from "./check.ts";

const OURS = "imgwire-mcp";
/** Imgwire's own command-line tool, which has a command of the same name. */
const VENDORS = "@imgwire/cli";
/** Larger files aren't read: the launchers that package managers write are much smaller. */
const MAX_SCRIPT_BYTES = 64 * 1024;

/** Checks which package's command runs when people type `imgwire`. */
export const COMMAND_NAME_CHECK: Check = { id: "command", title: "Command", run: checkCommandName };

async function checkCommandName({ deps: { io } }: CheckContext): Promise<CheckResult> {
  const command = await firstOnPath(io);
  if (!command) return pass("`imgwire` isn't on your PATH; npx -y imgwire-mcp does the same.");
  if (command.owner === OURS) return pass(`\`imgwire\` is this program (${command.file}).`);
  const whose = command.owner ?? "another program";
  return {
    status: "warn",
    message: `\`imgwire\` is ${whose} (${command.file}), not this program.`,
    fix: "To run this program: npx -y imgwire-mcp <command>"
  };
}

/** Finds the file that runs as `imgwire` and, if possible, the package it belongs to. */
async function firstOnPath(io: Io): Promise<{ file: string; owner: string | undefined } | undefined> {
  const names = io.platform === "win32" ? ["imgwire.exe", "imgwire.cmd", "imgwire.bat"] : ["imgwire"];
  const folders = (io.env["PATH"] ?? io.env["Path"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const file of folders.flatMap((folder) => names.map((name) => join(folder, name)))) {
    const target = await realpath(file).catch(() => undefined);
    if (target !== undefined) return { file, owner: packageOf(target) ?? packageIn(target) };
  }
  return undefined;
}

/** Returns the name of the package whose folder contains a program. */
function packageOf(program: string): string | undefined {
  const manifest = readJsonIfUsable(join(dirname(program), "..", "package.json"));
  return isObject(manifest) && typeof manifest["name"] === "string" ? manifest["name"] : undefined;
}

/** Returns the name of the package that a launcher written by npm or pnpm starts. */
function packageIn(script: string): string | undefined {
  const text = readIfText(script)?.replaceAll("\\", "/");
  return [VENDORS, OURS].find((name) => text?.includes(`${name}/`));
}

function readIfText(path: string): string | undefined {
  try {
    return readTextFile(path, { maxBytes: MAX_SCRIPT_BYTES });
  } catch {
    return undefined;
  }
}
