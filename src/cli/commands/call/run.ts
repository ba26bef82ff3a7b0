import { readFile } from "node:fs/promises";
import { text as readAll } from "node:stream/consumers";
import { EXIT, ImgwireError, UsageError } from "../../../errors.ts";
import type { Progress } from "../../../mcp/calls/hosted-call.ts";
import type { ToolClient } from "../../../mcp/tools/client.ts";
import type { Io } from "../../../system/io.ts";
import { isObject, parseJson } from "../../../system/json.ts";
import type { Invocation } from "../../command.ts";
import { plain } from "../../ui/output.ts";
import { describeResult } from "./report.ts";

/** The arguments of the tool call. */
export interface CallOptions {
  args?: string;
}

/** Calls a tool and prints its result; exits with 1 if the tool reports an error. */
export async function runCall(
  { deps, out, signal }: Invocation,
  options: CallOptions,
  name: string
): Promise<number> {
  const args = await readArguments(deps.io, options.args);
  const toolClient = await deps.toolClient();
  const onProgress = ({ message }: Progress): void => {
    if (message) out.note(plain(message));
  };
  const result = await toolClient.call(name, args, { signal, onProgress }).catch(async (error: unknown) => {
    throw (await isMissing(toolClient, name)) ? unknownTool(name, error) : error;
  });
  out.answer(result, () => describeResult(result));
  return result.isError ? EXIT.failed : EXIT.done;
}

/** Whether a tool is known not to exist; false if the tool list can't be read. */
async function isMissing(toolClient: ToolClient, name: string): Promise<boolean> {
  const tools = await toolClient.list().catch(() => undefined);
  return tools !== undefined && !tools.some((tool) => tool.name === name);
}

function unknownTool(name: string, cause: unknown): ImgwireError {
  const hint = "To see all tools: imgwire tools";
  return new ImgwireError("unknown_tool", `There is no tool ${JSON.stringify(name)}.`, { hint, cause });
}

/** Reads `--args`: a JSON object given inline, in a file, or on stdin. */
async function readArguments(io: Io, given: string | undefined): Promise<Record<string, unknown>> {
  if (given === undefined) return {};
  const value = parse(await source(io, given));
  if (isObject(value)) return value;
  throw new UsageError("--args must be a JSON object, for example '{\"limit\": 5}'.");
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    throw new UsageError(`--args isn't JSON: ${(error as Error).message}`, { cause: error });
  }
}

async function source(io: Io, given: string): Promise<string> {
  if (given === "-") return readAll(io.stdin);
  if (!given.startsWith("@")) return given;
  const file = given.slice(1);
  return readFile(file, "utf8").catch((error: Error) => {
    throw new UsageError(`--args: can't read ${file}: ${error.message}`, { cause: error });
  });
}
