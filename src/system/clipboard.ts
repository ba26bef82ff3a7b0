import { spawn } from "node:child_process";
import { withoutSecrets } from "./child-env.ts";
import type { Env } from "./proxy.ts";

/** A program that puts what it reads on the clipboard. */
type Copier = readonly [program: string, ...args: string[]];

/** A display that doesn't answer keeps a program waiting for ever. */
const COPY_TIMEOUT_MS = 5_000;

/** The programs that may be there, in the order in which they are tried. */
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
 * @returns false where this machine has none, or no program to reach it
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

/** Asks a terminal to put a text on the clipboard of whoever sits in front of it, as over SSH (OSC 52). */
export function clipboardSequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`;
}

/** Why a text could not be copied, and what would help. */
export function missingClipboard(env: Env, platform: NodeJS.Platform): string {
  const tried = copiers(env, platform).map(([program]) => program);
  if (tried.length === 0) return "there is no clipboard here (no display).";
  return `no clipboard program works here. Install ${tried.join(" or ")}.`;
}
