import type { Tool } from "@modelcontextprotocol/client";
import { ImgwireError } from "../../errors.ts";

/** Which tools the user wants an agent to have. */
export interface SelectionOptions {
  /** Only tools that declare `readOnlyHint`. */
  readOnly: boolean;
  /** Globs of the names to offer; undefined for all. */
  tools: readonly string[] | undefined;
  /** Globs of the names to leave out. */
  excludeTools: readonly string[] | undefined;
}

/** Decides which tools are listed and may be called. */
export class ToolSelection {
  /** Whether every tool is selected, so that calls needn't be checked. */
  readonly isAll: boolean;
  readonly #included: readonly RegExp[] | undefined;
  readonly #excluded: readonly RegExp[];

  constructor(private readonly options: SelectionOptions) {
    this.#included = options.tools?.map(globToRegExp);
    this.#excluded = (options.excludeTools ?? []).map(globToRegExp);
    this.isAll = !options.readOnly && this.#included === undefined && this.#excluded.length === 0;
  }

  /** The tools in a list that are selected. */
  of(tools: readonly Tool[]): Tool[] {
    return tools.filter((tool) => this.#excludedBy(tool.name, tool) === undefined);
  }

  /**
   * Throws for a tool that is not selected.
   * @param tool the tool as listed; undefined if it isn't listed
   * @throws ImgwireError `tool_not_selected`
   */
  require(name: string, tool: Tool | undefined): void {
    const setting = this.#excludedBy(name, tool);
    if (setting === undefined) return;
    throw new ImgwireError("tool_not_selected", `The tool ${name} is turned off by ${setting}.`, {
      hint: `Change ${setting} to allow it.`,
      agentHint: "Use another tool, or tell the user about this setting of the Imgwire MCP server."
    });
  }

  /** The setting that excludes a tool; undefined if it is selected. */
  #excludedBy(name: string, tool: Tool | undefined): string | undefined {
    if (this.#excluded.some((pattern) => pattern.test(name)))
      return "--exclude-tools (IMGWIRE_EXCLUDE_TOOLS)";
    if (this.#included?.some((pattern) => pattern.test(name)) === false) return "--tools (IMGWIRE_TOOLS)";
    if (this.options.readOnly && tool?.annotations?.readOnlyHint !== true) {
      return "--read-only (IMGWIRE_READ_ONLY)";
    }
    return undefined;
  }
}

/** `*` stands for any characters and `?` for one; case matters, as it does in tool names. */
function globToRegExp(glob: string): RegExp {
  const pattern = glob
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*+/g, ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${pattern}$`);
}
