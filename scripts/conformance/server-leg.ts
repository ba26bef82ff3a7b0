import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { serveEverything } from "./everything/serve.ts";
import { serveLegacyFront } from "./front/legacy.ts";
import { serveModernFront } from "./front/modern.ts";
import { Program } from "./front/program.ts";
import {
  type Era,
  EXTENSION_SCENARIOS,
  objections,
  requiredScenarios,
  type Result,
  type Revision,
  runSuite
} from "./suite.ts";

/**
 * Runs the server scenarios of a revision and of extensions. The suite talks HTTP to a front, which passes
 * messages to the built program, which is connected to an "everything" server of the given era.
 * @param folder where the suite and the program may store files
 * @param wanted part of the scenarios' names
 */
export async function runServerLeg(
  node: string,
  revision: Revision,
  era: Era,
  folder: string,
  wanted: string
): Promise<Result[]> {
  const hosted = await serveEverything(era);
  const configDir = mkdtempSync(join(folder, "config-"));
  const start = (): Program => new Program(hosted.url, configDir);
  const runScenarios = async (args: string[], scenarios: readonly string[]): Promise<Result[]> => {
    const { checks } = await runSuite(node, { args, output: mkdtempSync(join(folder, "server-")) });
    return scenarios.map((scenario) => ({
      ...{ leg: "server", scenario, revision, with: era },
      why: objections(checks.get(scenario) ?? [])
    }));
  };
  const front = await (revision === "2025-11-25" ? serveLegacyFront(start) : serveModernFront(start));
  try {
    const run = (scenarios: readonly string[], ...which: string[]): Promise<Result[]> =>
      scenarios.some((scenario) => scenario.includes(wanted))
        ? runScenarios(["server", "--url", front.url, ...which], scenarios)
        : Promise.resolve([]);
    const results = await run(requiredScenarios("server", revision), "--requirements", revision);
    for (const scenario of EXTENSION_SCENARIOS)
      results.push(...(await run([scenario], "--scenario", scenario, "--force", "--spec-version", revision)));
    return results;
  } finally {
    await front.close();
    await hosted.close();
  }
}
