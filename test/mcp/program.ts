import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { baseEnv, bin, ROOT } from "../support/program.ts";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { removeFolder } from "../support/folder.ts";

/** What a run of the server program is started with. */
export interface Start {
  url: string;
  env?: Record<string, string>;
  /**
   * How long things may take; with it the program runs from its sources, as nobody can set this from outside.
   */
  bounds?: object;
}

/** Starts server programs that share one folder for everything they write, as on one machine. */
export class Programs {
  readonly folder = mkdtempSync(join(tmpdir(), "imgwire-programs-"));
  #drivers: StdioDriver[] = [];

  start({ url, env, bounds }: Start): StdioDriver {
    const source = ["--import", "tsx", join(ROOT, "test/support/stdio-entry.ts"), JSON.stringify(bounds)];
    const driver = new StdioDriver({
      args: bounds ? source : [bin("imgwire-mcp")],
      cwd: ROOT,
      env: baseEnv({
        IMGWIRE_MCP_URL: url,
        IMGWIRE_CONFIG_DIR: this.folder,
        IMGWIRE_ACCESS_TOKEN: "CANARY-token",
        ...env
      })
    });
    this.#drivers.push(driver);
    return driver;
  }

  /** Starts one, shakes hands and makes a first call, after which its connection to the server is open. */
  async open(options: Start): Promise<StdioDriver> {
    const driver = this.start(options);
    await driver.initialize();
    await driver.call("echo", { text: "open" });
    return driver;
  }

  /** Ends them all and removes what they wrote. */
  async stop(): Promise<void> {
    await Promise.all(this.#drivers.map((driver) => driver.kill()));
    await removeFolder(this.folder);
  }
}

/**
 * Looks again, every few milliseconds, until something outside our hands has happened; the test's limit ends
 * it.
 */
export async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** The text of a tool result. */
export function textOf({ result }: { result?: Record<string, unknown> }): string {
  return (result as { content: { text: string }[] }).content[0]!.text;
}
