import { spawn } from "node:child_process";
import { withoutSecrets } from "./child-env.ts";
import type { Env } from "./proxy.ts";

/** A program that copies its stdin to the clipboard. */
type Copier = readonly [program: string, ...args: string[]];

/** Without a limit, a program would wait forever for a display that doesn't answer. */
const COPY_TIMEOUT_MS = 5_000;

/** The programs to try, in this order. */
function copiers(env: Env, platform: NodeJS.Platform): readonly Copier[] {
  if (platform === "darwin") return [["pbcopy"]];
  if (platform === "win32" || env["WSL_DISTRO_NAME"]) return [["clip.exe"]];
  return [
    ...(env["WAYLAND_DISPLAY"] ? [["wl-copy"] as const] : []),
    ...(env["DISPLAY"] ? [["xclip", "-selection", "clipboard"] as const, ["xsel", "-ib"] as const] : [])
  ];
}

/**
 * Copies a text to the clipboard.
 * @returns false if this machine has no clipboard, or no program that can use it
 */
export async function copyText(text: string, env: Env, platform: NodeJS.Platform): Promise<boolean> {
  for (const copier of copiers(env, platform)) if (await feed(copier, text, env)) return true;
  return false;
}

function feed([program, ...args]: Copier, text: string, env: Env): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ["pipe", "ignore", "ignore"],
      windowsHide: true,
      env: withoutSecrets(env),
      timeout: COPY_TIMEOUT_MS
    });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
    child.stdin.on("error", () => undefined);
    child.stdin.end(text);
  });
}

/** The escape sequence that asks the user's terminal to copy a text, which works even over SSH (OSC 52). */
export function clipboardSequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`;
}

/** Explains why a text couldn't be copied, and what would help. */
export function missingClipboard(env: Env, platform: NodeJS.Platform): string {
  const tried = copiers(env, platform).map(([program]) => program);
  if (tried.length === 0) return "there is no clipboard here (no display).";
  return `no clipboard program works here. Install ${tried.join(" or ")}.`;
}
