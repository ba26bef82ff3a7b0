import type { Io } from "../../system/io.ts";
import { columnsOf } from "../ui/columns.ts";
import { wrapped } from "../ui/wrap.ts";
import { type Example, rowsOf } from "./examples.ts";

const START = "npx -y imgwire-mcp";
const COMMANDS: readonly Example[] = [
  [`${START} setup`, "sign in and add Imgwire to your coding agents, in one go"],
  [`${START} login`, "only sign in"],
  [`${START} install`, "only add Imgwire to your coding agents"],
  [`${START} doctor`, "check that everything works"],
  [`${START} help`, "see all commands"]
];

/** Tells a person who started the server by hand what it is and what they may want instead. */
export function greeting(version: string, stderr: Io["stderr"]): string {
  const columns = columnsOf(stderr);
  const lead = `imgwire-mcp ${version}: an MCP server, waiting for an agent on stdin. Press Ctrl-C to quit. You may want:`;
  return [wrapped(lead, columns, 0), ...rowsOf(COMMANDS, columns)].join("\n");
}
