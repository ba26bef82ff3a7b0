import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { vi } from "vitest";
import { PARTS } from "./parts.ts";
import { removeFolder } from "./folder.ts";

const run = promisify(execFile);

/** Whether this machine can run a Secret Service for the tests. */
export const HAS_SECRET_SERVICE = Boolean(PARTS.keyring.path && PARTS.dbus.path);

/** The bus name of every Secret Service. */
const NAME = "org.freedesktop.secrets";

/**
 * The option `retry` of a test whose keyring may crash: rarely, gnome-keyring aborts at a client's first
 * request, which it can handle before it has registered the client (work item 196 of its tracker).
 */
export const AFTER_CRASH = { count: 2, condition: /^gnome-keyring crashed/ };

/** A separate D-Bus session with a GNOME keyring. */
export class SecretService {
  readonly #home: string;
  #bus: ChildProcess | undefined;
  #address = "";
  /** The process ID of the keyring. */
  #keyring: string | undefined;

  private constructor(home: string) {
    this.#home = home;
  }

  /** Starts it with an unlocked keyring. */
  static async start(): Promise<SecretService> {
    return this.#start("--unlock");
  }

  /** Starts it as for a new account: without a keyring, and so without a default collection. */
  static async startEmpty(): Promise<SecretService> {
    return this.#start();
  }

  static async #start(...args: string[]): Promise<SecretService> {
    const service = new SecretService(await mkdtemp(join(tmpdir(), "imgwire-keyring-")));
    await service.#startBus();
    await service.#startKeyring(args);
    return service;
  }

  /** The environment in which a program finds this session. */
  get env(): Record<string, string> {
    return { ...this.#inherited(), DBUS_SESSION_BUS_ADDRESS: this.#address };
  }

  /** The folder with the session's socket, for `XDG_RUNTIME_DIR`. */
  get runtimeDir(): string {
    return join(this.#home, "runtime");
  }

  /** Locks the keyring, as a screen saver does. Nothing unlocks it again. */
  async lock(): Promise<void> {
    const login = "array:objpath:/org/freedesktop/secrets/collection/login";
    await this.#send(NAME, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock", login);
  }

  /**
   * Ends the session; the keyring exits with its bus.
   * @throws if the keyring has crashed, for {@link AFTER_CRASH}
   */
  async remove(): Promise<void> {
    const crashed = (await this.#findKeyring()) !== this.#keyring;
    this.#bus?.kill();
    if (this.#bus) await once(this.#bus, "exit");
    await removeFolder(this.#home);
    if (crashed) throw new Error("gnome-keyring crashed.");
  }

  async #startBus(): Promise<void> {
    await mkdir(this.runtimeDir, { mode: 0o700 });
    const address = `unix:path=${join(this.runtimeDir, "bus")}`;
    const args = ["--session", "--nofork", "--print-address", `--address=${address}`];
    this.#bus = spawn(PARTS.dbus.path ?? "", args, {
      env: this.#inherited(),
      stdio: ["ignore", "pipe", "ignore"]
    });
    const lines = createInterface({ input: this.#bus.stdout! });
    [this.#address] = (await once(lines, "line")) as [string];
  }

  /** Resolves when the keyring offers the Secret Service, shortly after its daemon has forked. */
  async #startKeyring(args: readonly string[]): Promise<void> {
    const keyring = spawn(PARTS.keyring.path ?? "", ["--components=secrets", ...args], {
      env: this.env,
      stdio: ["pipe", "ignore", "ignore"]
    });
    keyring.stdin.end("password of the test keyring");
    await once(keyring, "exit");
    this.#keyring = await vi.waitUntil(() => this.#findKeyring(), { interval: 20, timeout: 10_000 });
  }

  /** @returns undefined if no process offers the Secret Service */
  async #findKeyring(): Promise<string | undefined> {
    const method = "org.freedesktop.DBus.GetConnectionUnixProcessID";
    const sent = this.#send("org.freedesktop.DBus", "/org/freedesktop/DBus", method, `string:${NAME}`);
    return /uint32 (\d+)/.exec(await sent.catch(() => ""))?.[1];
  }

  async #send(destination: string, ...args: string[]): Promise<string> {
    const options = ["--session", "--print-reply", `--dest=${destination}`];
    return (await run("dbus-send", [...options, ...args], { env: this.env })).stdout;
  }

  #inherited(): Record<string, string> {
    return { PATH: process.env["PATH"] ?? "", HOME: this.#home, XDG_RUNTIME_DIR: this.runtimeDir };
  }
}

/** A D-Bus socket that accepts connections and never answers. */
export class HungBus {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #folder: string;

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
    });
  }

  static async start(): Promise<HungBus> {
    const folder = await mkdtemp(join(tmpdir(), "imgwire-hung-"));
    const server = createServer().listen(join(folder, "bus"));
    await once(server, "listening");
    return new HungBus(server, folder);
  }

  get env(): Record<string, string> {
    const address = `unix:path=${join(this.#folder, "bus")}`;
    return { PATH: process.env["PATH"] ?? "", HOME: this.#folder, DBUS_SESSION_BUS_ADDRESS: address };
  }

  /** Resolves when a program has connected. */
  async connected(): Promise<void> {
    if (this.#sockets.size === 0) await once(this.#server, "connection");
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await removeFolder(this.#folder);
  }
}
