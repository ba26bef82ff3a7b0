import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import sharp from "sharp";
import type { Measure } from "../../sandbox/account/usage.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { bin, BROWSER, ROOT } from "../program.ts";
import { Terminal } from "../terminal/terminal.ts";
import { type DrawnLine, linesOf } from "./lines.ts";

const SUNSET = join(ROOT, "scripts/demo/sunset.jpg");
const README = "# Larkspur\n\n![Sunset](hero.jpg)\n";

const HOUR_MS = 3_600_000;

/** Answers like iTerm2, so that images arrive as images. */
const ATTRIBUTES_QUERY = "\u001b[c";
const ITERM = "\u001bP>|iTerm2 3.5.0\u001b\\\u001b[?62;22c";

/** The home folder and project of a session. */
export interface Place {
  home: string;
  project: string;
  env: Record<string, string>;
  /** Replaces this session's addresses and paths with those that a user would see. */
  shown: (text: string) => string;
}

/** A user at a terminal, with a project that contains images, and the sandbox. */
export class Session {
  readonly #home = mkdtempSync(join(tmpdir(), "i-"));
  readonly #project = join(this.#home, "site");

  private constructor(private readonly sandbox: Sandbox) {}

  static async start(): Promise<Session> {
    const sandbox = await startSandbox({ autoApprove: true });
    addPastTraffic(sandbox);
    const session = new Session(sandbox);
    await session.#createProject();
    return session;
  }

  /** For programs that the session doesn't run itself. */
  get place(): Place {
    const shown = (text: string): string => this.#shown(text);
    return { home: this.#home, project: this.#project, env: this.#env(), shown };
  }

  async end(): Promise<void> {
    await this.sandbox.close();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** Runs a command line on a terminal of the given width and reads its screen. */
  async run(line: string, columns: number): Promise<DrawnLine[]> {
    const terminal = new Terminal(["/bin/sh", "-c", line], {
      columns,
      cwd: this.#project,
      env: this.#env(),
      answer: (output) => (output.includes(ATTRIBUTES_QUERY) ? ITERM : undefined)
    });
    const code = await terminal.exited;
    if (code !== 0) throw new Error(`${line} failed with exit code ${code}:\n${terminal.text()}`);
    const lines = await linesOf(terminal, (text) => this.#shown(text));
    terminal.close();
    return lines;
  }

  /**
   * Creates a project with several images, two agents, and an `imgwire` command as if the package were
   * installed.
   */
  async #createProject(): Promise<void> {
    for (const folder of [this.#project, join(this.#home, ".codex"), join(this.#home, "bin")])
      mkdirSync(folder);
    writeFileSync(join(this.#home, ".claude.json"), "{}");
    copyFileSync(SUNSET, join(this.#project, "hero.jpg"));
    const smaller = sharp(SUNSET).resize(1200, 800);
    await smaller.clone().modulate({ hue: 190 }).webp().toFile(join(this.#project, "harbour.webp"));
    await smaller.clone().modulate({ hue: 80 }).avif().toFile(join(this.#project, "meadow.avif"));
    writeFileSync(join(this.#project, "README.md"), README);
    // A link, as npm creates it for an installed command.
    symlinkSync(bin("imgwire"), join(this.#home, "bin", "imgwire"));
  }

  #env(): Record<string, string> {
    return {
      HOME: this.#home,
      PATH: [join(this.#home, "bin"), process.env["PATH"]].join(delimiter),
      COLORTERM: "truecolor",
      IMGWIRE_MCP_URL: this.sandbox.mcpUrl,
      IMGWIRE_TOKEN_STORE: "file",
      IMGWIRE_NO_UPDATE_NOTIFIER: "1",
      BROWSER,
      DISPLAY: ":0"
    };
  }

  /** Replaces this session's addresses and paths with those that a user would see. */
  #shown(text: string): string {
    const { mcpUrl, cdnUrl, dashboardUrl } = this.sandbox;
    return text
      .replaceAll(new URL(mcpUrl).origin, "https://mcp.imgwire.dev")
      .replaceAll(new URL(cdnUrl).origin, "https://cdn.imgwire.dev")
      .replaceAll(new URL(dashboardUrl).origin, "https://dashboard.imgwire.dev")
      .replaceAll(`${this.#project}/`, "")
      .replaceAll(this.#home, "~");
  }
}

/** Adds past traffic of a site that is quiet at night, so that metrics and usage have something to show. */
function addPastTraffic({ usage, organization }: Sandbox): void {
  const [environment] = organization.environments;
  const now = Date.now();
  for (let hour = 1; hour <= 30 * 24; hour += 1) {
    const at = now - hour * HOUR_MS;
    const wave = 1 + Math.sin((hour / 24) * 2 * Math.PI) * 0.6 + Math.sin((hour / 168) * 2 * Math.PI) * 0.3;
    const requests = Math.round(2_400 * wave);
    const past: [Measure, number][] = [
      ["requests", requests],
      ["hits", Math.round(requests * 0.93)],
      ["transfer_bytes", requests * 61_000],
      ["transformations", Math.round(requests * 0.04)],
      ["uploads", Math.round(2 * wave)],
      ["storage_bytes", Math.round(2 * wave) * 640_000]
    ];
    for (const [measure, amount] of past) usage.record(environment!.id, measure, amount, at);
  }
}
