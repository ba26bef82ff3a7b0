import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { Option } from "commander";
import type { CallToolResult, ContentBlock, Tool } from "@modelcontextprotocol/client";
import { EXIT, ImgwireError, UsageError } from "../../../errors.ts";
import { stripControls } from "../../../log.ts";
import type { Progress } from "../../../mcp/calls/hosted-call.ts";
import type { Toolbox } from "../../../mcp/tools/client.ts";
import type { Io } from "../../../system/io.ts";
import { isObject } from "../../../system/json.ts";
import type { Invocation, Register } from "../../command.ts";
import { plain } from "../../ui/output.ts";

/** `imgwire tools` and `imgwire call`. */
export const registerTools: Register = (program, run) => {
  program.command("tools").description("list the tools as an agent sees them").action(run(tools));
  program
    .command("call")
    .description("call any tool as an agent would")
    .argument("<tool>", "the tool's name")
    .addOption(new Option("--args <json>", "the arguments as a JSON object, @file, or - for standard input"))
    .action(run(call));
};

async function tools({ deps, out }: Invocation): Promise<void> {
  const list = await (await deps.toolbox()).list();
  out.answer({ tools: list }, () => list.map((tool) => describe(tool, out.color.bold)).join("\n"));
}

function describe(tool: Tool, emphasize: (text: string) => string): string {
  const args = Object.keys(tool.inputSchema.properties ?? {}).map(plain);
  const [firstLine = ""] = (tool.description ?? tool.title ?? "").split("\n");
  return `${emphasize(plain(tool.name))}\n  ${plain(firstLine)}${args.length > 0 ? `\n  arguments: ${args.join(", ")}` : ""}`;
}

async function call(
  { deps, out, signal }: Invocation,
  options: { args?: string },
  name: string
): Promise<number> {
  const args = await readArguments(deps.io, options.args);
  const toolbox = await deps.toolbox();
  const onProgress = ({ message }: Progress): void => {
    if (message) out.note(plain(message));
  };
  const result = await toolbox.call(name, args, { signal, onProgress }).catch(async (error: unknown) => {
    throw (await isMissing(toolbox, name)) ? unknownTool(name, error) : error;
  });
  out.answer(result, () => humanResult(result));
  return result.isError ? EXIT.failed : EXIT.done;
}

/** Whether there is no tool of this name; false where that cannot be told. */
async function isMissing(toolbox: Toolbox, name: string): Promise<boolean> {
  const tools = await toolbox.list().catch(() => undefined);
  return tools !== undefined && !tools.some((tool) => tool.name === name);
}

function unknownTool(name: string, cause: unknown): ImgwireError {
  const hint = "`imgwire tools` lists those there are.";
  return new ImgwireError("unknown_tool", `There is no tool ${JSON.stringify(name)}.`, { hint, cause });
}

/** Reads `--args`: a JSON object in place, in a file, or from standard input. */
async function readArguments(io: Io, given: string | undefined): Promise<Record<string, unknown>> {
  if (given === undefined) return {};
  const text = await source(io, given);
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch (error) {
    throw new UsageError(`--args is not JSON: ${(error as Error).message}`, { cause: error });
  }
  throw new UsageError("--args must be a JSON object, for example '{\"limit\": 5}'.");
}

async function source(io: Io, given: string): Promise<string> {
  if (given === "-") return readAll(io.stdin);
  if (!given.startsWith("@")) return given;
  const file = given.slice(1);
  return readFile(file, "utf8").catch((error: Error) => {
    throw new UsageError(`--args: ${file} cannot be read: ${error.message}`, { cause: error });
  });
}

/** What a person wants to see of a result: the structured content where there is one, else the texts. */
function humanResult(result: CallToolResult): string {
  if (result.structuredContent) return stripControls(JSON.stringify(result.structuredContent, undefined, 2));
  return result.content.map(humanBlock).join("\n");
}

function humanBlock(block: ContentBlock): string {
  if (block.type === "text") return stripControls(block.text);
  if (block.type === "resource_link") return plain(block.uri);
  return `[${block.type}]`;
}
