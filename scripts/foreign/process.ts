import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Counterpart } from "./counterparts.ts";
import type { Installed } from "./install.ts";

const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 5_000;

/** A running counterpart, with a port and a folder that it keeps across restarts. */
export class ServerProcess {
  readonly url: string;
  output = "";
  readonly #folder = mkdtempSync(join(tmpdir(), "imgwire-foreign-"));
  #child: ChildProcess | undefined;

  private constructor(
    private readonly counterpart: Counterpart,
    private readonly installed: Installed,
    private readonly port: number,
    private readonly ttl: number
  ) {
    this.url = `http://${counterpart.host ?? "127.0.0.1"}:${port}${counterpart.path}`;
  }

  /**
   * @param ttl the lifetime of its access tokens in seconds
   * @throws an error with its output if it doesn't answer in time
   */
  static async start(counterpart: Counterpart, installed: Installed, ttl = 3_600): Promise<ServerProcess> {
    const server = new ServerProcess(counterpart, installed, await freePort(), ttl);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    const state = join(this.#folder, "state");
    mkdirSync(state, { recursive: true });
    const { PATH = "", HOME = "" } = process.env;
    const env = { PATH, HOME, PORT: String(this.port), STATE: state, TTL: String(this.ttl) };
    const child = spawn(this.installed.node, [join(this.installed.folder, this.counterpart.server)], {
      cwd: this.installed.folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      // Some servers start child processes, which must be killed with them.
      detached: true
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    await this.#answers(child);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child?.pid || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    process.kill(-child.pid, "SIGTERM");
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #answers(child: ChildProcess): Promise<void> {
    const until = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const response = await fetch(this.url).catch(() => undefined);
      await response?.body?.cancel();
      if (response) return;
      if (child.exitCode !== null || Date.now() > until)
        throw new Error(`It did not start:\n${this.output.slice(-3_000)}`);
      await delay(200);
    }
  }
}

/** Finds a free port whose next port is free too, for servers that use two. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const isNextFree = await isFree(port + 1);
    server.close();
    await once(server, "close");
    if (isNextFree) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
