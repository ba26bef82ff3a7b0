/**
 * Tests the packed package with Node for Windows, under Wine: sign-in with the Credential Manager, uploads,
 * install and uninstall, and agents that share a sign-in. The sandbox runs outside of Wine.
 *
 *     npm run windows
 *     npm run windows -- --agents 2 --rounds 3
 *     npm run windows -- --only uploads              only this check, after the sign-in
 *     npm run windows -- --write                     also writes docs/counterparts.md
 *
 * Exits with 2 if Debian packages are missing. Node and the keychain binding come from npm, into a cache.
 */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startSandbox, type Sandbox } from "../sandbox/sandbox.ts";
import { writeRow } from "./foreign/table.ts";
import { BROWSER, ROOT } from "./program.ts";
import { missingPackages, NODE_VERSION, Windows, wineVersion } from "./windows/wine.ts";

/** The result of one check, as `windows/play.cjs` writes it. */
interface Result {
  name: string;
  ms: number;
  failed?: string;
  note?: string;
}

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "8" },
    rounds: { type: "string", default: "15" },
    only: { type: "string" },
    write: { type: "boolean", default: false }
  }
});
const missing = missingPackages();
if (missing !== "") {
  console.error(`Packages are missing. On Debian, run: apt-get install ${missing}`);
  process.exit(2);
}

const started = Date.now();
const windows = new Windows();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => {
    windows.remove();
    process.exit(1);
  });
const sandbox = await startSandbox({ autoApprove: true, strictRotation: true });
try {
  await windows.install();
  console.log(`Windows is ready (${seconds(Date.now() - started)})`);
  writeFiles(sandbox);
  await windows.play("play.cjs");
  const results = readResults();
  for (const result of results) console.log(describe(result));
  const failed = results.filter((result) => result.failed !== undefined).length;
  console.log(`${results.length - failed} of ${results.length} passed (${seconds(Date.now() - started)})`);
  if (values.write) await write(results);
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  await sandbox.close();
  windows.remove();
}

/** Writes the files that `play.cjs` needs next to it. */
function writeFiles({ mcpUrl, dashboardUrl }: Sandbox): void {
  cpSync(BROWSER, join(windows.folder, "browser.mjs"));
  cpSync(join(ROOT, "icon.png"), join(windows.folder, "image.png"));
  const settings = {
    mcpUrl,
    dashboardUrl,
    bin: "C:\\imgwire\\package\\bin",
    browser: "C:\\imgwire\\browser.mjs",
    agents: Number(values.agents),
    rounds: Number(values.rounds),
    only: values.only
  };
  writeFileSync(join(windows.folder, "play.json"), JSON.stringify(settings));
}

/** Reads the results. An incomplete run is a failure too. */
function readResults(): Result[] {
  const path = join(windows.folder, "results.json");
  const results = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Result[]) : [];
  if (existsSync(join(windows.folder, "done"))) return results;
  return [...results, { name: "all checks", ms: Date.now() - started, failed: "The run didn't finish." }];
}

function describe({ name, ms, failed, note }: Result): string {
  const took = `(${seconds(ms)})`;
  if (failed !== undefined) return `FAILED ${name} ${took}\n${failed}`;
  return `ok     ${name} ${took}${note ? `: ${note}` : ""}`;
}

async function write(checks: readonly Result[]): Promise<void> {
  const version = `${NODE_VERSION}, Wine ${wineVersion()}`;
  await writeRow({ id: "windows", group: "windows", name: "Node for Windows, in Wine", version, checks });
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
