import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { DEFAULT_PROFILE } from "../../src/auth/accounts.ts";
import { Session, type SessionOptions } from "../../src/auth/session.ts";
import { fileStore } from "../../src/credentials/file.ts";
import { createLog, type Log } from "../../src/log.ts";
import { allowsPrivate, createHttp, type Http } from "../../src/system/http.ts";
import { BROWSER } from "./program.ts";
import { removeFolder } from "./folder.ts";

const run = promisify(execFile);

/** Follows a link and its redirects, as a browser would. @returns the last page */
export async function visit(url: string): Promise<string> {
  return (await run(process.execPath, [BROWSER, url])).stdout;
}

/** A machine: one state folder and any number of sessions, each as if in its own process. */
export class Machine {
  readonly stateDir: string;
  readonly #http: Http;
  readonly #sessions: Session[] = [];
  readonly #url: URL;
  /** The lines logged so far. */
  readonly lines: string[] = [];

  private constructor(url: URL, stateDir: string) {
    this.#url = url;
    this.stateDir = stateDir;
    this.#http = createHttp({}, allowsPrivate(url));
  }

  static async create(mcpUrl: string): Promise<Machine> {
    return new Machine(new URL(mcpUrl), await mkdtemp(join(tmpdir(), "imgwire-sessions-")));
  }

  /** Creates a session that opens no browser and stores its secrets in files. */
  session(options: Partial<SessionOptions> = {}): Session {
    const log: Log = createLog("debug", (line) => this.lines.push(line));
    const store = fileStore(join(this.stateDir, "tokens"));
    const session = new Session({
      url: this.#url,
      http: this.#http,
      stateDir: this.stateDir,
      openStore: () => Promise.resolve(store),
      log,
      env: {},
      platform: "linux",
      browser: "none",
      profile: DEFAULT_PROFILE,
      callbackPort: undefined,
      accessToken: undefined,
      clientId: undefined,
      clientSecret: undefined,
      clientMetadataUrl: undefined,
      version: "0.0.0",
      ...options
    });
    this.#sessions.push(session);
    return session;
  }

  /** Signs in by loopback, on a server that consents without a click. */
  async signIn(session: Session): Promise<void> {
    const pending = await session.signIn(undefined, { method: "loopback" });
    await Promise.all([visit(pending.url), pending.completed]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#sessions.map((session) => session.close()));
    await this.#http.close();
    await removeFolder(this.stateDir);
  }
}
