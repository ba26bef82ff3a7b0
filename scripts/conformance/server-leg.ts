import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { serveEverything } from "./everything/serve.ts";
import { serveLegacyFront } from "./front/legacy.ts";
import { serveModernFront } from "./front/modern.ts";
import { Program } from "./front/program.ts";
import { type Era, objections, requiredScenarios, type Result, type Revision, runSuite } from "./suite.ts";

/**
 * Runs all server scenarios that a revision requires: the suite speaks HTTP with a front, which hands its
 * messages to the built program, which is connected to a server of everything in the era given.
 * @param folder where the suite and the program may leave things
 */
export async function runServerLeg(
  node: string,
  revision: Revision,
  era: Era,
  folder: string
): Promise<Result[]> {
  const hosted = await serveEverything(era);
  const configDir = mkdtempSync(join(folder, "config-"));
  const start = (): Program => new Program(hosted.url, configDir);
  const front = await (revision === "2025-11-25" ? serveLegacyFront(start) : serveModernFront(start));
  try {
    const args = ["server", "--url", front.url, "--requirements", revision];
    const { checks } = await runSuite(node, { args, output: mkdtempSync(join(folder, "server-")) });
    return requiredScenarios("server", revision).map((scenario) => ({
      ...{ leg: "server", scenario, revision, with: era },
      why: objections(checks.get(scenario) ?? [])
    }));
  } finally {
    await front.close();
    await hosted.close();
  }
}
