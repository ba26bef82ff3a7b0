import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Message, StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { bin, imgwire, type Outcome, ROOT } from "./program.ts";
import { removeFolder } from "./folder.ts";

/** A user with their own folders, and a browser that only records what it should open. */
export class User {
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly #agents: StdioDriver[] = [];

  private constructor(folder: string, env: Record<string, string>) {
    this.folder = folder;
    this.env = {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      IMGWIRE_CONFIG_DIR: folder,
      IMGWIRE_TOKEN_STORE: "file",
      BROWSER: join(ROOT, "test/support/record-browser.js"),
      BROWSER_RECORD: join(folder, "opened"),
      ...env
    };
  }

  static async create(env: Record<string, string> = {}): Promise<User> {
    return new User(await mkdtemp(join(tmpdir(), "imgwire-user-")), env);
  }

  /** The arguments that the browser was started with, each time. */
  opened(): string[][] {
    const path = this.env["BROWSER_RECORD"] ?? "";
    if (!existsSync(path)) return [];
    // The text after the last line break is still being written.
    const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => JSON.parse(line) as string[]);
  }

  /** Runs the built command line to its end. */
  run(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
    return imgwire(args, { ...this.env, ...env });
  }

  /** Starts `imgwire login` and resolves when it shows its link. */
  async login(args: string[] = [], env: Record<string, string> = {}): Promise<Login> {
    const child = spawn(process.execPath, [bin("imgwire"), "login", ...args], {
      env: { ...this.env, ...env }
    });
    const login = new Login(child);
    await login.shown;
    return login;
  }

  /** Starts the server program as an agent of this user does, and initializes it. */
  async agent(env: Record<string, string> = {}, cwd?: string): Promise<StdioDriver> {
    const options = { args: [bin("imgwire-mcp")], env: { ...this.env, ...env }, ...(cwd && { cwd }) };
    const driver = new StdioDriver(options);
    this.#agents.push(driver);
    await driver.initialize();
    return driver;
  }

  /** Kills the user's agents and removes their folder. */
  async remove(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.kill()));
    await removeFolder(this.folder);
  }
}

/** Whether a call failed, with an error or as a result. */
export function failed({ result, error }: Message): boolean {
  return error !== undefined || result?.["isError"] === true;
}

/** A running `imgwire login`. */
export class Login {
  stdout = "";
  stderr = "";
  readonly child: ChildProcess;
  /** Resolves when the link is on stderr, or the program has exited without one. */
  readonly shown: Promise<void>;
  readonly exited: Promise<number | NodeJS.Signals | null>;

  constructor(child: ChildProcess) {
    this.child = child;
    child.stdout!.setEncoding("utf8").on("data", (text: string) => (this.stdout += text));
    this.exited = once(child, "close").then(() => child.exitCode ?? child.signalCode);
    this.shown = new Promise((resolve) => {
      child.stderr!.setEncoding("utf8").on("data", (text: string) => {
        this.stderr += text;
        if (LINK.test(this.stderr)) resolve();
      });
      void this.exited.then(() => resolve());
    });
  }

  /** The link for the user. */
  get link(): URL {
    return new URL(LINK.exec(this.stderr)?.[1] ?? "no link was shown");
  }

  /** The URI that the browser returns to. */
  get redirectUri(): URL {
    return new URL(this.link.searchParams.get("redirect_uri") ?? "");
  }

  /** The callback with these parameters; `state` is the right one unless given. */
  callback(parameters: Record<string, string>): URL {
    const url = this.redirectUri;
    const state = this.link.searchParams.get("state") ?? "";
    for (const [name, value] of Object.entries({ state, ...parameters })) url.searchParams.set(name, value);
    return url;
  }
}

/** The link has its own line, followed by another line. */
const LINK = /^\s+(https?:\/\/\S+)\n/m;
