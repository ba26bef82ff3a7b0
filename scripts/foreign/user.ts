import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { type Message, StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { bin } from "../program.ts";

const BROWSER = resolve(import.meta.dirname, "browser.js");
const RUN_TIMEOUT_MS = 40_000;

/** How a run of the command line ended. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A user with a separate home folder, the built program, and a browser that signs in over HTTP. */
export class User {
  readonly folder = mkdtempSync(join(tmpdir(), "imgwire-foreign-user-"));
  readonly env: Record<string, string>;
  readonly #agents: StdioDriver[] = [];

  constructor(mcpUrl: string, env: Record<string, string> = {}) {
    this.env = {
      PATH: process.env["PATH"] ?? "",
      HOME: this.folder,
      IMGWIRE_CONFIG_DIR: this.folder,
      IMGWIRE_MCP_URL: mcpUrl,
      IMGWIRE_TOKEN_STORE: "file",
      BROWSER_RECORD: join(this.folder, "pages"),
      BROWSER,
      ...env
    };
  }

  /** Runs the built command line until it exits. `onStderr` receives what it has written so far. */
  async run(args: readonly string[], onStderr?: (text: string) => void): Promise<Outcome> {
    const child = spawn(process.execPath, [bin("imgwire"), ...args], {
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: RUN_TIMEOUT_MS
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => onStderr?.((stderr += chunk)));
    if (!onStderr) child.stderr.on("data", (chunk: string) => (stderr += chunk));
    const [stdout] = await Promise.all([text(child.stdout), once(child, "close")]);
    return { code: child.exitCode, stdout, stderr };
  }

  /** Opens a page as the user would on another device. */
  async visit(url: string, userCode: string): Promise<Outcome> {
    const child = spawn(process.execPath, [BROWSER, url], {
      env: { ...this.env, USER_CODE: userCode },
      stdio: ["ignore", "pipe", "pipe"]
    });
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, "close")
    ]);
    return { code: child.exitCode, stdout, stderr };
  }

  /** Starts the server with an agent; no browser opens for it. */
  async agent(): Promise<StdioDriver> {
    const agent = new StdioDriver({ args: [bin("imgwire-mcp")], env: { ...this.env, BROWSER: "none" } });
    this.#agents.push(agent);
    await agent.initialize();
    return agent;
  }

  /** The pages that the browser has seen, for error reports. */
  pages(): string {
    try {
      return readFileSync(join(this.folder, "pages"), "utf8");
    } catch {
      return "";
    }
  }

  async remove(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.kill()));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The text of a tool's answer or error. */
export function textOf(answer: Message): string {
  return JSON.stringify(answer.error ?? answer.result?.["content"] ?? answer.result);
}
