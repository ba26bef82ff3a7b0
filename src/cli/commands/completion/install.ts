import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../../../errors.ts";
import { readTextFile } from "../../../system/read.ts";
import { writeFileAtomic } from "../../../system/write.ts";
import type { Invocation } from "../../command.ts";
import { type Shell, scriptFor } from "./scripts.ts";

/** Where a shell loads completion from: a separate file, or a line in its start-up file. */
type Place = { file: string; script: string } | { file: string; line: string };

/**
 * Sets up completion for the user's shell. Running it again changes nothing.
 * @throws ImgwireError as {@link readTextFile} if a start-up file can't be read; it isn't replaced
 */
export async function installCompletion({ deps, out }: Invocation): Promise<void> {
  const { env } = deps.io;
  const shell = shellIn(env["SHELL"]);
  const place = placeOf(
    shell,
    env["XDG_CONFIG_HOME"] || join(homedir(), ".config"),
    env["ZDOTDIR"] || homedir()
  );
  const before = readTextFile(place.file, { keepByteOrderMark: true }) ?? "";
  const after = "script" in place ? place.script : withLine(before, place.line);
  if (after !== before) {
    await mkdir(dirname(place.file), { recursive: true });
    await writeFileAtomic(place.file, after, { mode: 0o644 });
  }
  const { file } = place;
  if (out.program !== undefined && out.program !== "imgwire") {
    out.note("Completion works only for the command imgwire. To install it: npm install -g imgwire-mcp");
  }
  out.answer({ shell, file, changed: after !== before }, () =>
    after === before
      ? `Completion for ${shell} is already set up (${file}).`
      : `Set up completion for ${shell} in ${file}. Open a new terminal to use it.`
  );
}

function shellIn(path = ""): Exclude<Shell, "powershell"> {
  const name = basename(path);
  if (name === "bash" || name === "zsh" || name === "fish") return name;
  throw new UsageError("Can't tell which shell you're using.", {
    hint: "Print the script instead: imgwire completion <bash|zsh|fish|powershell>"
  });
}

function placeOf(shell: Exclude<Shell, "powershell">, config: string, zshFolder: string): Place {
  if (shell === "fish") {
    return { file: join(config, "fish", "completions", "imgwire.fish"), script: scriptFor("fish") };
  }
  const file = shell === "zsh" ? join(zshFolder, ".zshrc") : join(homedir(), ".bashrc");
  // Check for the command, so that new terminals show no error once imgwire is uninstalled.
  const line = `command -v imgwire >/dev/null && source <(imgwire completion ${shell})`;
  return { file, line };
}

function withLine(text: string, line: string): string {
  const sourced = line.slice(line.indexOf("source"));
  if (text.split("\n").some((each) => !/^\s*#/.test(each) && each.includes(sourced))) return text;
  return `${text}${text === "" || text.endsWith("\n") ? "" : "\n"}${line}\n`;
}
