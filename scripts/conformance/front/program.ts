import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { bin } from "../../program.ts";

/** The parts of a JSON-RPC message that a front needs. */
export interface Message {
  jsonrpc: "2.0";
  id?: string | number;
  method?: string;
  params?: Record<string, unknown> & { _meta?: Record<string, unknown> };
  result?: Record<string, unknown>;
  error?: { code: number; message: string; data?: unknown };
}

/** The built `imgwire-mcp` connected to `hosted`, driven as an agent does: one message per line. */
export class Program {
  onMessage: ((message: Message) => void) | undefined;
  readonly #child: ChildProcess;
  #closing = false;

  /** @param configDir the program's folder, which keeps its state for the next instance */
  constructor(hosted: string, configDir: string) {
    this.#child = spawn(process.execPath, [bin("imgwire-mcp")], {
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: configDir,
        IMGWIRE_MCP_URL: hosted,
        IMGWIRE_CONFIG_DIR: configDir,
        IMGWIRE_TOKEN_STORE: "memory",
        IMGWIRE_LOG_LEVEL: process.env["IMGWIRE_LOG_LEVEL"] ?? "error",
        BROWSER: "none"
      }
    });
    createInterface({ input: this.#child.stdout! }).on("line", (line) =>
      this.onMessage?.(JSON.parse(line) as Message)
    );
    // Stop the whole run: the suite would otherwise wait for every missing response.
    this.#child.on("exit", (code, signal) => {
      if (!this.#closing) throw new Error(`imgwire-mcp exited unexpectedly (${code ?? signal}).`);
    });
  }

  send(message: object): void {
    this.#child.stdin!.write(`${JSON.stringify(message)}\n`);
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin!.end();
    await once(this.#child, "exit");
  }
}
