import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { removeFolder } from "../support/folder.ts";
import { baseEnv, bin, ROOT } from "../support/program.ts";

export interface ProgramOptions {
  env?: Record<string, string>;
  /** Timeouts in milliseconds. They can't be set from outside, so the program then runs from its sources. */
  bounds?: object;
}

/** Starts a hosted server of one era, on the given port or any free one. It closes when the test finishes. */
export async function startHosted(era: "legacy" | "modern", port = 0): Promise<Counterpart> {
  const hosted = await startCounterpart(era, port);
  onTestFinished(() => hosted.close());
  return hosted;
}

let folder: string | undefined;

/** The folder that the programs of one test share for everything they write, as on one machine. */
export function programFolder(): string {
  if (folder !== undefined) return folder;
  const made = (folder = mkdtempSync(join(tmpdir(), "imgwire-programs-")));
  onTestFinished(() => {
    folder = undefined;
    return removeFolder(made);
  });
  return made;
}

/** Starts the server program in front of a hosted server. It is killed when the test finishes. */
export function startProgram({ url }: { url: string }, { env, bounds }: ProgramOptions = {}): StdioDriver {
  const source = ["--import", "tsx", join(ROOT, "test/support/stdio-entry.ts"), JSON.stringify(bounds)];
  const driver = new StdioDriver({
    args: bounds ? source : [bin("imgwire-mcp")],
    cwd: ROOT,
    env: baseEnv({
      IMGWIRE_MCP_URL: url,
      IMGWIRE_CONFIG_DIR: programFolder(),
      IMGWIRE_ACCESS_TOKEN: "CANARY-token",
      ...env
    })
  });
  onTestFinished(() => driver.kill());
  return driver;
}

/** Starts the program, initializes it and makes a first call, after which its connection is open. */
export async function openProgram(hosted: { url: string }, options?: ProgramOptions): Promise<StdioDriver> {
  const driver = startProgram(hosted, options);
  await driver.initialize();
  await driver.call("echo", { text: "open" });
  return driver;
}

/**
 * Waits for something that no event announces, by checking every few milliseconds.
 * @throws if it hasn't happened after 25 s, before the test itself times out
 */
export async function until(happened: () => boolean): Promise<void> {
  await vi.waitUntil(happened, { interval: 5, timeout: 25_000 });
}

/** The names of the tools that the program lists. */
export async function toolNames(driver: StdioDriver): Promise<string[]> {
  const { result } = await driver.request("tools/list");
  return (result as { tools: { name: string }[] }).tools.map(({ name }) => name);
}

/** The text of a tool result. */
export function textOf({ result }: { result?: Record<string, unknown> }): string {
  return (result as { content: { text: string }[] }).content[0]!.text;
}
