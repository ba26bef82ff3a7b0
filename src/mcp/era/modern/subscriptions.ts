import type { Call } from "../../call.ts";
import type { ServerFacts } from "../../hosted-era.ts";
import { metaOf, type Notification, type Params } from "../../message.ts";
import type { Wishes } from "../../wishes.ts";
import { agreed, grant, type Interest, isWanted, joinExtensions } from "./filter.ts";
import { META } from "./versions.ts";

export interface SubscriptionsOptions {
  server: () => Promise<ServerFacts>;
  wishes: Wishes;
  /** Brings the hosted side in line with the wishes; resolves with what it has granted, where it has been heard. */
  wished: () => Promise<Params | undefined> | undefined;
  write: (line: string) => void;
}

/** One `subscriptions/listen` of the agent. */
interface Subscription extends Interest {
  call: Call;
  /** What came before it was acknowledged; undefined from then on. */
  early: Notification[] | undefined;
}

/**
 * The agent's open `subscriptions/listen` requests (MCP 2026-07-28, subscriptions). They are held here and fed from
 * the one stream that the hosted connection has, so that they outlive it.
 */
export class Subscriptions {
  #open = new Set<Subscription>();

  constructor(private readonly options: SubscriptionsOptions) {}

  open(call: Call): void {
    this.options.server().then(
      ({ capabilities }) => this.#listen(call, agreed(call.request.params?.["notifications"], capabilities)),
      (error: unknown) => call.fail(error)
    );
  }

  /** Hands a change on to every subscription that asked for it, marked with the one it is for. */
  event(notification: Notification): void {
    for (const subscription of this.#open) {
      if (subscription.early) subscription.early.push(notification);
      else this.#tell(subscription, notification);
    }
  }

  /** Acknowledges when the hosted side tells of what was asked for: what happens from then on is not missed. */
  async #listen(call: Call, interest: Interest): Promise<void> {
    const subscription: Subscription = { call, ...interest, early: [] };
    this.#open.add(subscription);
    call.onCancel(() => {
      this.#open.delete(subscription);
      void this.#wish();
    });
    const granted = await this.#wish();
    if (call.open) this.#acknowledge(subscription, granted ?? {});
  }

  #acknowledge(subscription: Subscription, granted: Params): void {
    const { call, filter, extensions, early = [] } = subscription;
    subscription.extensions = grant(extensions, granted);
    subscription.early = undefined;
    this.#write(call, {
      jsonrpc: "2.0",
      method: "notifications/subscriptions/acknowledged",
      params: { notifications: { ...filter, ...subscription.extensions } }
    });
    for (const notification of early) this.#tell(subscription, notification);
  }

  #tell(subscription: Subscription, notification: Notification): void {
    if (isWanted(notification, subscription)) this.#write(subscription.call, notification);
  }

  async #wish(): Promise<Params | undefined> {
    const { wishes, wished } = this.options;
    wishes.resources.clear();
    for (const { filter } of this.#open)
      for (const uri of filter.resourceSubscriptions ?? []) wishes.resources.add(uri);
    wishes.extensions = joinExtensions(this.#open);
    return wished();
  }

  #write(call: Call, notification: Notification): void {
    const _meta = { ...metaOf(notification), [META.subscriptionId]: call.id };
    this.options.write(JSON.stringify({ ...notification, params: { ...notification.params, _meta } }));
  }
}
