import { isObject } from "../../../system/json.ts";
import type { Call } from "../../calls/agent-call.ts";
import type { Interests, ServerInfo } from "../../hosted/connection.ts";
import { META, metaOf, type Notification, type Params } from "../../protocol/message.ts";

export interface SubscriptionsOptions {
  server: () => Promise<ServerInfo>;
  interests: Interests;
  /**
   * Informs the hosted server that interests changed; resolves when it has accepted them, if that takes time.
   */
  interestsChanged: () => Promise<void> | undefined;
  write: (line: string) => void;
}

/** One of the agent's `subscriptions/listen` requests. */
interface Subscription {
  call: Call;
  filter: Filter;
  acknowledged: boolean;
}

/** What a subscription is notified of. */
interface Filter {
  toolsListChanged?: true;
  promptsListChanged?: true;
  resourcesListChanged?: true;
  resourceSubscriptions?: string[];
}

const LIST_CHANGED: Readonly<Record<string, keyof Filter>> = {
  "notifications/tools/list_changed": "toolsListChanged",
  "notifications/prompts/list_changed": "promptsListChanged",
  "notifications/resources/list_changed": "resourcesListChanged"
};

/**
 * The agent's open `subscriptions/listen` requests (MCP 2026-07-28, subscriptions). They are fed by the
 * hosted connection's one stream, and outlive it.
 */
export class Subscriptions {
  #open = new Set<Subscription>();

  constructor(private readonly options: SubscriptionsOptions) {}

  open(call: Call): void {
    this.options.server().then(
      ({ capabilities }) =>
        this.#listen(call, grantedFilter(call.request.params?.["notifications"], capabilities)),
      (error: unknown) => call.fail(error)
    );
  }

  /** Passes a notification to every subscription that asked for it, with the id of that subscription. */
  event(notification: Notification): void {
    for (const subscription of this.#open) {
      if (!isWanted(notification, subscription.filter)) continue;
      this.#acknowledge(subscription);
      this.#write(subscription.call, notification);
    }
  }

  /** Acknowledges once the hosted server has confirmed: from then on no change is missed. */
  async #listen(call: Call, filter: Filter): Promise<void> {
    const subscription = { call, filter, acknowledged: false };
    this.#open.add(subscription);
    call.onCancel(() => {
      this.#open.delete(subscription);
      void this.#updateInterests();
    });
    await this.#updateInterests();
    if (call.open) this.#acknowledge(subscription);
  }

  #acknowledge(subscription: Subscription): void {
    if (subscription.acknowledged) return;
    subscription.acknowledged = true;
    this.#write(subscription.call, {
      jsonrpc: "2.0",
      method: "notifications/subscriptions/acknowledged",
      params: { notifications: subscription.filter }
    });
  }

  async #updateInterests(): Promise<void> {
    const { resources } = this.options.interests;
    resources.clear();
    for (const { filter } of this.#open)
      for (const uri of filter.resourceSubscriptions ?? []) resources.add(uri);
    await this.options.interestsChanged();
  }

  #write(call: Call, notification: Notification): void {
    const _meta = { ...metaOf(notification), [META.subscriptionId]: call.id };
    this.options.write(JSON.stringify({ ...notification, params: { ...notification.params, _meta } }));
  }
}

function isWanted({ method, params }: Notification, filter: Filter): boolean {
  if (method === "notifications/resources/updated") {
    return filter.resourceSubscriptions?.some((uri) => isWithin(String(params?.["uri"]), uri)) ?? false;
  }
  const field = LIST_CHANGED[method];
  return field !== undefined && filter[field] !== undefined;
}

/** Whether a URI identifies a resource or a part of it. A server may report a change of either. */
function isWithin(uri: string, resource: string): boolean {
  const rest = uri.slice(resource.length);
  return uri.startsWith(resource) && (rest === "" || resource.endsWith("/") || /^[/?#]/.test(rest));
}

/**
 * The part of a requested filter that is granted: tool changes always, others if the server announces them.
 */
function grantedFilter(asked: unknown, capabilities: Params): Filter {
  const wanted = isObject(asked) ? asked : {};
  const announces = (area: string, what: string): boolean => {
    const capability = capabilities[area];
    return isObject(capability) && capability[what] === true;
  };
  const uris = wanted["resourceSubscriptions"];
  return {
    ...(wanted["toolsListChanged"] === true && { toolsListChanged: true }),
    ...(wanted["promptsListChanged"] === true &&
      announces("prompts", "listChanged") && { promptsListChanged: true }),
    ...(wanted["resourcesListChanged"] === true &&
      announces("resources", "listChanged") && { resourcesListChanged: true }),
    ...(Array.isArray(uris) &&
      announces("resources", "subscribe") && {
        resourceSubscriptions: uris.filter((uri): uri is string => typeof uri === "string")
      })
  };
}
