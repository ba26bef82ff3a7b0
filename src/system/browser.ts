import { type ChildProcess, spawn } from "node:child_process";
import { hidingSecrets, withoutSecrets } from "./child-env.ts";
import type { Env } from "./proxy.ts";
import { checkServerUrl, type UrlRules } from "./url.ts";

/** What decides whether and how a browser can be opened. */
export interface BrowserInputs {
  env: Env;
  platform: NodeJS.Platform;
  /** The `BROWSER` setting: a program, or `none`. */
  browser: string | undefined;
}

/** Returns why no browser can be opened, in words for people; undefined if one can. */
export function whyNoBrowser({ env, platform, browser }: BrowserInputs): string | undefined {
  if (browser === "none") return "BROWSER is none";
  if (browser) return undefined;
  if (env["SSH_CONNECTION"] || env["SSH_TTY"]) return "this is an SSH session";
  // No check for containers: one that has been given a display can open a browser.
  if (platform !== "linux" || env["WSL_DISTRO_NAME"]) return undefined;
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? undefined : "there is no display";
}

/**
 * Opens a URL in the user's browser. The URL is passed as one argument, never through a shell.
 * @param url a URL that {@link checkServerUrl} accepts; it is checked again here, before anything starts
 * @returns whether a browser was started
 * @throws ImgwireError `url_refused`
 */
export async function openBrowser(url: string, rules: UrlRules, inputs: BrowserInputs): Promise<boolean> {
  const { href } = checkServerUrl(url, "The sign-in link", rules);
  if (whyNoBrowser(inputs)) return false;
  if (inputs.browser) return start(inputs.browser, href, inputs.env);
  const { default: open } = await import("open");
  const child = await hidingSecrets(() => open(href)).catch(() => undefined);
  child?.on("error", () => undefined);
  return child !== undefined;
}

/**
 * Starts the `BROWSER` program with the URL as its only argument; resolves once it runs or has failed to
 * start.
 */
function start(program: string, href: string, env: Env): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { stdio: "ignore", detached: true, shell: false, env: withoutSecrets(env) } as const;
    let child: ChildProcess;
    try {
      child = spawn(program, [href], options);
    } catch {
      // On Windows, spawn throws for a batch file.
      return resolve(false);
    }
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}
