import { isObject } from "../../../system/json.ts";
import { ownRequest, type Requester } from "../../calls/own-call.ts";
import type { HostedContext } from "../../hosted/connection.ts";
import { META, metaOf, type Params, type Request } from "../../protocol/message.ts";

/** What a session has been asked to send: log messages from some level up, and updates of resources. */
export class Preferences {
  #canLog = false;
  #logLevel: string | undefined;
  #subscribed = new Set<string>();
  #subscribing = Promise.resolve();

  constructor(
    private readonly context: HostedContext,
    private readonly requester: Requester
  ) {}

  /**
   * Requests everything that the agent wants, in a new session. @param capabilities the server's capabilities
   */
  restore(capabilities: Params): void {
    const { logLevel, resources } = this.context.interests;
    this.#canLog = isObject(capabilities["logging"]);
    this.#logLevel = undefined;
    this.#subscribed = new Set();
    this.#subscribing = Promise.resolve();
    if (logLevel !== undefined) void this.#setLevel(logLevel);
    if (resources.size > 0) void this.subscribe();
  }

  /**
   * Subscribes to the resources that the agent wants, and unsubscribes from the others; resolves when the
   * server has answered. Updates run one at a time, so that of two requests for the same resource the later
   * one counts.
   */
  subscribe(): Promise<void> {
    return (this.#subscribing = this.#subscribing.then(() => this.#updateSubscriptions()));
  }

  /** Sets the log level that a modern request carries. */
  async match(request: Request): Promise<void> {
    const level = metaOf(request)[META.logLevel];
    if (typeof level === "string" && level !== this.#logLevel) await this.#setLevel(level);
  }

  async #updateSubscriptions(): Promise<void> {
    const { resources } = this.context.interests;
    const before = this.#subscribed;
    this.#subscribed = new Set(resources);
    const added = [...resources].filter((uri) => !before.has(uri));
    const removed = [...before].filter((uri) => !resources.has(uri));
    await Promise.all([
      ...added.map((uri) => this.#try("resources/subscribe", { uri })),
      ...removed.map((uri) => this.#try("resources/unsubscribe", { uri }))
    ]);
  }

  async #setLevel(level: string): Promise<void> {
    if (!this.#canLog) return;
    this.#logLevel = level;
    await this.#try("logging/setLevel", { level });
  }

  async #try(method: string, params: Params): Promise<void> {
    await ownRequest(this.requester, method, params).catch((error: unknown) => {
      this.context.log.debug(`Imgwire rejected ${method}: ${String(error)}`);
    });
  }
}
