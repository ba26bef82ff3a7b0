import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import { type Environment, type Environments, findEnvironment } from "../environment/environments.ts";
import type { LocalCallContext, LocalTool } from "./local-tool.ts";
import { askWhoami, WHOAMI } from "../service/whoami.ts";

const DESCRIPTION: Tool = {
  name: "use_environment",
  title: "Choose the Environment of this project",
  description:
    "Choose the Imgwire Environment that this project folder works in, by name or id. The choice is written to " +
    "`.imgwire.json` in the folder and counts from the next call on. `whoami` lists the Environments there are.",
  inputSchema: {
    type: "object",
    properties: {
      environment: { type: "string", minLength: 1, description: "Name or id of the Environment." }
    },
    required: ["environment"]
  },
  outputSchema: {
    type: "object",
    properties: {
      environment: {
        type: "object",
        properties: { id: { type: "string" }, name: { type: "string" } },
        required: ["id", "name"]
      },
      file: { type: "string", description: "The file that says so." },
      note: { type: "string", description: "What the hosted side reports." }
    },
    required: ["environment", "file", "note"]
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false }
};

/** `use_environment`: the Environment for the project folder that the agent works in. */
export function useEnvironmentTool(environments: Environments): LocalTool {
  return {
    name: DESCRIPTION.name,
    describe: (hosted) => (hosted.has(WHOAMI) ? DESCRIPTION : undefined),
    handles: () => true,
    async call({ environment: wanted }, context) {
      if (typeof wanted !== "string" || wanted === "") {
        throw new UsageError("`environment` must be the name or the id of an Environment.");
      }
      const fixed = environments.fixed();
      if (fixed) throw isFixed(fixed);
      return choose(wanted, environments, context);
    }
  };
}

async function choose(
  wanted: string,
  environments: Environments,
  { hosted, roots, signal }: LocalCallContext
): Promise<CallToolResult> {
  const { environments: listed } = await askWhoami(hosted, signal);
  await environments.known.learn(listed);
  const { id, name } = findEnvironment(wanted, listed);
  environments.useRoots(await roots());
  const file = await environments.chooseForProject({ id, name });
  const note = reportOn({ id, name }, (await askWhoami(hosted, signal)).linked);
  const structuredContent = { environment: { id, name }, file, note };
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}

/** What the hosted side says of a connection after an Environment was chosen for it, and how to make them agree. */
function reportOn(chosen: Environment, linked: Environment | undefined): string {
  if (linked?.id === chosen.id) return `The hosted side reports ${chosen.name} too.`;
  const asks = `Every call from here asks for ${chosen.name}`;
  const rebind = "To bind it, use Authorized Connections in the Imgwire dashboard.";
  if (!linked) return `${asks}. The connection itself is bound to no Environment. ${rebind}`;
  return `${asks}, but the connection itself is bound to ${linked.name}. ${rebind}`;
}

function isFixed({ wanted, place }: { wanted: string; place: string }): UsageError {
  return new UsageError(`This process was started with the Environment "${wanted}" (${place}).`, {
    hint: `Take ${place} out of the agent's configuration to choose for each project.`
  });
}
