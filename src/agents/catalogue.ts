import type { Agent } from "./agent.ts";
import { DESKTOP_AGENTS } from "./catalogue/desktop.ts";
import { TERMINAL_AGENTS } from "./catalogue/terminal.ts";

/** Every agent that `install` supports, in the order in which they are listed and prompted for. */
export const AGENTS: readonly Agent[] = [...TERMINAL_AGENTS, ...DESKTOP_AGENTS];

/** Finds an agent by id, title or alias, ignoring case. */
export function findAgent(name: string): Agent | undefined {
  const typed = spelled(name);
  return AGENTS.find(({ id, title, aliases = [] }) => [id, title, ...aliases].map(spelled).includes(typed));
}

function spelled(name: string): string {
  return name.toLowerCase().replaceAll(" ", "-");
}
