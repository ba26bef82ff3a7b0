import type { Bridge } from "./agent/bridge.ts";
import type { Call } from "./calls/agent-call.ts";
import type { HostedEvents } from "./hosted/connection.ts";
import type { EnvironmentGate } from "./environment/gate.ts";
import type { Stdio } from "./agent/stdio.ts";

export interface EventsOptions {
  bridge: () => Bridge;
  gate: () => EnvironmentGate;
  stdio: Stdio;
  /** The hosted server has said that its tools are not what they were. */
  changed: () => void;
}

/** Takes what the hosted connection brings up by itself to the agent. */
export function events({ bridge, gate, stdio, changed }: EventsOptions): HostedEvents {
  return {
    notification(notification, raw) {
      // The agent is told when the new list is known to differ.
      if (notification.method === "notifications/tools/list_changed") changed();
      else bridge().agent.event(notification, raw, bridge().pending());
    },
    ask(questions, signal) {
      const { agent } = bridge();
      const call = asker(bridge());
      return gate().ask(agent.client, questions, (others) => agent.ask(call, others, signal));
    },
    ready: () => stdio.drained()
  };
}

/** The one call that a question outside any stream can belong to. */
function asker(bridge: Bridge): Call | undefined {
  const calls = bridge.pending().filter((call) => call.request.method === "tools/call");
  return calls.length === 1 ? calls[0] : undefined;
}
