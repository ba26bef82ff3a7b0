import { spawn } from "node:child_process";
import { checkServerUrl, type UrlRules } from "./url.ts";

/** What decides whether and how a browser can be opened. */
export interface BrowserInputs {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  /** The `BROWSER` setting: a program, or `none`. */
  browser: string | undefined;
}

/** Why no browser can be opened here, for people; undefined when one can. */
export function whyNoBrowser({ env, platform, browser }: BrowserInputs): string | undefined {
  if (browser === "none") return "BROWSER is none";
  if (browser) return undefined;
  if (env["SSH_CONNECTION"] || env["SSH_TTY"]) return "this is an SSH session";
  // A container has no display either, unless somebody gave it one, and then a browser can be opened.
  if (platform !== "linux" || env["WSL_DISTRO_NAME"]) return undefined;
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? undefined : "there is no display";
}

/**
 * Opens a URL in the user's browser. It is handed over as one argument, never through a shell.
 * @param url a URL that {@link checkServerUrl} lets pass; checked again here, right before anything is started
 * @returns whether a browser was started
 * @throws ImgwireError `url_refused`
 */
export async function openBrowser(url: string, rules: UrlRules, inputs: BrowserInputs): Promise<boolean> {
  const { href } = checkServerUrl(url, "The sign-in link", rules);
  if (whyNoBrowser(inputs)) return false;
  if (inputs.browser) return start(inputs.browser, href, inputs.env);
  const { default: open } = await import("open");
  const child = await withoutOwnVariables(() => open(href)).catch(() => undefined);
  child?.on("error", () => undefined);
  return child !== undefined;
}

/** Variables of this program: some of them are secrets, and a browser needs none. */
const OWN_VARIABLE = /^IMGWIRE_/i;

/** Runs `action` without our variables in the environment that child processes inherit: `open` takes no other one. */
async function withoutOwnVariables<T>(action: () => Promise<T>): Promise<T> {
  const own = Object.entries(process.env).filter(([name]) => OWN_VARIABLE.test(name));
  for (const [name] of own) delete process.env[name];
  try {
    return await action();
  } finally {
    Object.assign(process.env, Object.fromEntries(own));
  }
}

/** Starts the program of `BROWSER` with the URL as its one argument; resolves to whether it runs. */
function start(
  program: string,
  href: string,
  env: Readonly<Record<string, string | undefined>>
): Promise<boolean> {
  const passedOn = Object.fromEntries(Object.entries(env).filter(([name]) => !OWN_VARIABLE.test(name)));
  return new Promise<boolean>((resolve) => {
    // Throws at once for some programs: a .cmd on Windows, a path through a file.
    const child = spawn(program, [href], { stdio: "ignore", detached: true, shell: false, env: passedOn });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  }).catch(() => false);
}
