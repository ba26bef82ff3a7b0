import type { Bridge } from "./bridge.ts";
import type { Call } from "./call.ts";
import type { HostedEvents } from "./hosted-era.ts";
import type { Stdio } from "./stdio.ts";

export interface EventsOptions {
  bridge: () => Bridge;
  stdio: Stdio;
  /** The hosted server has said that its tools are not what they were. */
  changed: () => void;
}

/** Takes what the hosted connection brings up by itself to the agent. */
export function events({ bridge, stdio, changed }: EventsOptions): HostedEvents {
  return {
    notification(notification, raw) {
      // The agent is told when the new list is known to differ.
      if (notification.method === "notifications/tools/list_changed") changed();
      else bridge().agent.event(notification, raw, bridge().pending());
    },
    ask(questions, signal) {
      return bridge().agent.ask(asker(bridge()), questions, signal);
    },
    ready: () => stdio.drained()
  };
}

/** The one call that a question outside any stream can belong to. */
function asker(bridge: Bridge): Call | undefined {
  const calls = bridge.pending().filter((call) => call.request.method === "tools/call");
  return calls.length === 1 ? calls[0] : undefined;
}
