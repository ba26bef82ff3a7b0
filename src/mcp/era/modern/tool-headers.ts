import type { Tool } from "@modelcontextprotocol/client";
import { isObject } from "../../../system/json.ts";
import { type Params, type Request } from "../../protocol/message.ts";
import { type AnnotatedHeader, annotatedHeaders, paramHeaders } from "./headers.ts";

/** Which arguments of which hosted tool go into `Mcp-Param-*` fields, as the tool lists that came by have said. */
export class ToolHeaders {
  #learned = new Map<string, readonly AnnotatedHeader[]>();

  /** Whether no list has come by yet. */
  get empty(): boolean {
    return this.#learned.size === 0;
  }

  learn(result: Params | undefined): void {
    const tools = result?.["tools"];
    if (!Array.isArray(tools)) return;
    for (const tool of tools) {
      if (isObject(tool) && typeof tool["name"] === "string")
        this.#learned.set(tool["name"], headersOf(tool));
    }
  }

  /** @param known the tool as known from elsewhere, for a call that comes before the first list */
  fields(known: Tool | undefined, { params }: Request): Record<string, string> {
    const name = String(params?.["name"]);
    const headers = this.#learned.get(name) ?? (known ? headersOf(known) : []);
    return headers.length === 0 ? {} : paramHeaders(headers, params?.["arguments"]);
  }
}

function headersOf(tool: { inputSchema?: unknown }): readonly AnnotatedHeader[] {
  const found = isObject(tool.inputSchema) ? annotatedHeaders(tool.inputSchema) : { headers: [] };
  return "headers" in found ? found.headers : [];
}
