/**
 * Tests the built program with third-party servers: the whole life of a sign-in with authorization servers,
 * MCP servers whose messages must be the same as without the program in between, uploads to an S3 storage
 * with PUTs signed in every way, proxies and difficult networks, and keychains that become unavailable.
 * Servers are installed from their registries into a cache, in pinned versions.
 *
 *     npm run foreign                                  all of them
 *     npm run foreign -- better-auth everything        the named ones
 *     npm run foreign -- --json results.json --write   also writes JSON and docs/counterparts.md
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { checkMessages } from "./foreign/compare.ts";
import { type Counterpart, MCP, SIGN_IN } from "./foreign/counterparts.ts";
import { install, type Installed, NotInstallableError } from "./foreign/install.ts";
import { checkKeychain, keychainVersion } from "./foreign/keychains/check.ts";
import { checkNetwork, NETWORKS } from "./foreign/network/check.ts";
import { type KeychainService, SERVICES } from "./foreign/keychains/services.ts";
import { type Check, checkSignIn } from "./foreign/sign-in.ts";
import { checkStorage } from "./foreign/storage/check.ts";
import { STORAGE } from "./foreign/storage/services.ts";
import { describeRow, type Row, writeRow } from "./foreign/table.ts";

interface Job {
  group: string;
  id: string;
  name: string;
  run: () => Promise<Pick<Row, "version" | "checks">>;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" }, write: { type: "boolean", default: false } }
});
const jobs: Job[] = [
  ...SIGN_IN.map((one) => job("sign-in", one, (installed) => checkSignIn(one, installed))),
  ...MCP.map((one) => job("mcp", one, (installed) => checkMessages(one, installed))),
  ...STORAGE.map((one) => job("storage", one, (installed) => checkStorage(one, installed))),
  ...NETWORKS.map((one): Job => ({ ...one, group: "networks", run: () => checkNetwork(one) })),
  ...SERVICES.map((service): Job => ({ ...service, group: "keychains", run: () => tryKeychain(service) }))
];
const known = jobs.map(({ id }) => id);
const unknown = positionals.filter((id) => !known.includes(id));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(", ")}. Choose from: ${known.join(", ")}.`);
  process.exit(2);
}

const rows: Row[] = [];
for (const job of jobs) {
  if (positionals.length > 0 && !positionals.includes(job.id)) continue;
  const row = await run(job);
  rows.push(row);
  console.log(describeRow(row));
  // Write after each one, so that results survive if a run is stopped early.
  if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
  if (values.write) await writeRow(row);
}
const hasFailed = rows.some(({ checks }) => checks.some(({ failed }) => failed !== undefined));
// If everything should be installed, a missing counterpart is a failure too.
const isMissing = rows.some(({ missing }) => missing !== undefined);
process.exitCode = hasFailed || (isMissing && process.env["CI"] === "true") ? 1 : 0;

async function run({ group, id, name, run: attempt }: Job): Promise<Row> {
  const row = { id, group, name, version: "", checks: [] };
  try {
    return { ...row, ...(await attempt()) };
  } catch (error) {
    const message = (error as Error).message;
    if (error instanceof NotInstallableError) return { ...row, missing: message };
    return { ...row, checks: [{ name: "start", failed: message }] };
  }
}

function job(
  group: string,
  counterpart: Counterpart,
  check: (installed: Installed) => Promise<Check[]>
): Job {
  const attempt = async (): Promise<Pick<Row, "version" | "checks">> => {
    const installed = install(counterpart);
    return { version: installed.version, checks: await check(installed) };
  };
  return { group, id: counterpart.id, name: counterpart.name, run: attempt };
}

async function tryKeychain(service: KeychainService): Promise<Pick<Row, "version" | "checks">> {
  const version = keychainVersion(service);
  return { version, checks: await checkKeychain(service) };
}
