import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Starts no services automatically, so that no other keychain answers, and lets any program eavesdrop. */
const CONFIGURATION = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/></policy></busconfig>`;

/** A separate desktop session with a home folder, a session bus and, if requested, a virtual screen. */
export class DesktopSession {
  readonly home = mkdtempSync(join(tmpdir(), "imgwire-session-"));
  readonly env: Record<string, string>;
  /** How often a keychain was asked to prompt the user. */
  prompts = 0;
  readonly #children: ChildProcess[] = [];

  private constructor() {
    const runtime = join(this.home, "runtime");
    mkdirSync(runtime, { mode: 0o700 });
    this.env = { PATH: process.env["PATH"] ?? "", HOME: this.home, XDG_RUNTIME_DIR: runtime };
  }

  static async start(hasScreen: boolean): Promise<DesktopSession> {
    const session = new DesktopSession();
    const configuration = join(session.home, "bus.conf");
    writeFileSync(configuration, CONFIGURATION);
    const args = ["--nofork", "--print-address", `--config-file=${configuration}`];
    session.env["DBUS_SESSION_BUS_ADDRESS"] = await session.#firstLine("dbus-daemon", args);
    if (hasScreen)
      session.env["DISPLAY"] =
        `:${await session.#firstLine("Xvfb", ["-displayfd", "1", "-nolisten", "tcp"])}`;
    session.#countPrompts();
    return session;
  }

  /** Starts a program that is killed when the session ends. */
  spawn(
    program: string,
    args: readonly string[],
    input?: string,
    env: Record<string, string> = {}
  ): ChildProcess {
    const child = spawn(program, [...args], {
      env: { ...this.env, ...env },
      stdio: [input === undefined ? "ignore" : "pipe", "ignore", "ignore"]
    });
    child.on("error", () => undefined);
    child.stdin?.end(input);
    this.#children.push(child);
    return child;
  }

  /** Kills the program that was started last. */
  async end(): Promise<void> {
    const child = this.#children.pop();
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill();
    await gone;
  }

  /** Calls a method on the bus; arguments are in GVariant text format. */
  async call(name: string, path: string, method: string, ...args: string[]): Promise<string> {
    const { stdout } = await run(
      "gdbus",
      ["call", "--session", "-d", name, "-o", path, "-m", method, ...args],
      { env: this.env }
    );
    return stdout.trim();
  }

  async remove(): Promise<void> {
    for (const child of this.#children.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, "exit");
      child.kill("SIGCONT");
      child.kill("SIGKILL");
      await gone;
    }
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  async #firstLine(program: string, args: readonly string[]): Promise<string> {
    const child = spawn(program, [...args], { env: this.env, stdio: ["ignore", "pipe", "ignore"] });
    this.#children.push(child);
    const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
    return line;
  }

  #countPrompts(): void {
    const match = "type='method_call',interface='org.freedesktop.Secret.Prompt',member='Prompt'";
    const monitor = spawn("dbus-monitor", ["--session", match], {
      env: this.env,
      stdio: ["ignore", "pipe", "ignore"]
    });
    this.#children.push(monitor);
    createInterface({ input: monitor.stdout }).on("line", (line) => {
      if (line.includes("member=Prompt")) this.prompts += 1;
    });
  }
}
