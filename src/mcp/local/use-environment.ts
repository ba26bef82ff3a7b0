import type { CallToolResult, Tool } from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import { type Environments, findEnvironment } from "../environment/environments.ts";
import { ICONS, type LocalCallContext, type LocalTool } from "./local-tool.ts";
import { askWhoami, type Environment, WHOAMI } from "../service/whoami.ts";

const DESCRIPTION: Tool = {
  name: "use_environment",
  title: "Choose the Environment of this project",
  icons: ICONS,
  description:
    "Choose the Imgwire Environment for this project folder, by name or id; whoami lists them. The choice is saved in " +
    "`.imgwire.json` in the folder and applies from the next call on.",
  inputSchema: {
    type: "object",
    properties: {
      environment: {
        type: "string",
        minLength: 1,
        description: 'Name or id of the Environment, for example "staging".'
      }
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
      file: { type: "string", description: "Path of the file the choice was saved to." },
      note: { type: "string", description: "Whether Imgwire confirms it." }
    },
    required: ["environment", "file", "note"]
  },
  annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true }
};

/** `use_environment`: selects the Environment for the agent's project folder. */
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
  const note = confirmationNote({ id, name }, (await askWhoami(hosted, signal)).linked);
  const structuredContent = { environment: { id, name }, file, note };
  return { content: [{ type: "text", text: JSON.stringify(structuredContent) }], structuredContent };
}

/** Tells whether Imgwire confirms the choice for this connection. */
function confirmationNote(chosen: Environment, linked: Environment | undefined): string {
  if (linked?.id === chosen.id) return `Imgwire confirms ${chosen.name}.`;
  const saved = `Saved: every call from this folder works in ${chosen.name}.`;
  return linked
    ? `${saved} Other machines on this connection use ${linked.name}.`
    : `${saved} Other machines are not affected.`;
}

function isFixed({ wanted, place }: { wanted: string; place: string }): UsageError {
  return new UsageError(`This process was started with the Environment "${wanted}" (${place}).`, {
    hint: `Remove ${place} from the agent's configuration to choose per project.`
  });
}
