/** Adds and removes the entry until it is killed, and prints a line for each change. */
import { applyChange } from "../../src/agents/apply.ts";
import { AGENTS } from "../../src/agents/catalogue.ts";
import type { StdioCommand } from "../../src/agents/command.ts";

const [, , file = "", stateDir = "", command = ""] = process.argv;
const agent = AGENTS.find(({ id }) => id === "cursor");
if (!agent) throw new Error("cursor is not in the catalogue");
const entry = agent.stdioEntry(JSON.parse(command) as StdioCommand);
const place = { file, format: agent.format, servers: agent.servers, name: "imgwire", mode: 0o600 };

for (;;) {
  for (const each of [entry, undefined]) {
    const { change } = await applyChange({ ...place, entry: each }, stateDir);
    process.stdout.write(`${change}\n`);
  }
}
