/**
 * Tries the built program against servers that were not made for it: authorization servers through the life
 * of a sign-in, and MCP servers whose every message has to be the same as without this program in between.
 * Each is installed from its registry into a cache, in a pinned version.
 *
 *     npm run foreign                                  all of them
 *     npm run foreign -- better-auth everything        the named ones
 *     npm run foreign -- --json results.json --write   also as JSON, and into docs/counterparts.md
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { format, resolveConfig } from "prettier";
import { checkMessages } from "./foreign/compare.ts";
import { type Counterpart, MCP, SIGN_IN } from "./foreign/counterparts.ts";
import { install, type Installed, NotInstallableError } from "./foreign/install.ts";
import { type Check, checkSignIn } from "./foreign/sign-in.ts";
import { describeRow, type Row, writeTables } from "./foreign/table.ts";

interface Job {
  group: string;
  counterpart: Counterpart;
  run: (installed: Installed) => Promise<Check[]>;
}

const DOCUMENT = join(resolve(import.meta.dirname, ".."), "docs/counterparts.md");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" }, write: { type: "boolean", default: false } }
});
const jobs: Job[] = [
  ...SIGN_IN.map((one): Job => ({ group: "sign-in", counterpart: one, run: (at) => checkSignIn(one, at) })),
  ...MCP.map((one): Job => ({ group: "mcp", counterpart: one, run: (at) => checkMessages(one, at) }))
];
const known = jobs.map(({ counterpart }) => counterpart.id);
const unknown = positionals.filter((id) => !known.includes(id));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(", ")}. Choose from: ${known.join(", ")}.`);
  process.exit(2);
}

const rows: Row[] = [];
for (const job of jobs) {
  if (positionals.length > 0 && !positionals.includes(job.counterpart.id)) continue;
  const row = await run(job);
  rows.push(row);
  console.log(describeRow(row));
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(rows, undefined, 2)}\n`);
if (values.write) {
  const text = writeTables(readFileSync(DOCUMENT, "utf8"), rows);
  const options = { ...(await resolveConfig(DOCUMENT)), filepath: DOCUMENT };
  writeFileSync(DOCUMENT, await format(text, options));
}
process.exitCode = rows.some(({ checks }) => checks.some(({ failed }) => failed !== undefined)) ? 1 : 0;

async function run({ group, counterpart, run: check }: Job): Promise<Row> {
  const row = { id: counterpart.id, group, name: counterpart.name, version: "", checks: [] };
  try {
    const installed = install(counterpart);
    return { ...row, version: installed.version, checks: await check(installed) };
  } catch (error) {
    const message = (error as Error).message;
    if (error instanceof NotInstallableError) return { ...row, missing: message };
    return { ...row, checks: [{ name: "start", failed: message }] };
  }
}
