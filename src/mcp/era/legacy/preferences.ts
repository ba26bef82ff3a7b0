import type { Log } from "../../../log.ts";
import { isObject } from "../../../system/json.ts";
import { metaOf, type Params, type Request } from "../../protocol/message.ts";
import type { Interests } from "../../hosted/interests.ts";
import { META } from "../../protocol/revisions.ts";

export interface PreferencesOptions {
  interests: Interests;
  capabilities: () => Params;
  /** Makes a request of our own. */
  request: (method: string, params: Params) => Promise<Params>;
  log: Log;
}

/** What a session has been told to tell: log messages from a level on, and changes of resources. */
export class Preferences {
  #subscribed = new Set<string>();
  #logLevel: string | undefined;
  #aligned = Promise.resolve();

  constructor(private readonly options: PreferencesOptions) {}

  /** Tells a new session what the one before was told. */
  restore(): void {
    const { logLevel, resources } = this.options.interests;
    this.#subscribed = new Set();
    this.#aligned = Promise.resolve();
    this.#logLevel = undefined;
    if (logLevel !== undefined) void this.#setLevel(logLevel);
    if (resources.size > 0) void this.subscribe();
  }

  /**
   * Brings the subscriptions in line with the interests of an agent that does not ask for them by itself;
   * resolves when the server has answered. One after the other: of two requests for the same resource the
   * later one counts.
   */
  subscribe(): Promise<void> {
    return (this.#aligned = this.#aligned.then(() => this.#align()));
  }

  async #align(): Promise<void> {
    const { resources } = this.options.interests;
    const before = this.#subscribed;
    this.#subscribed = new Set(resources);
    const fresh = [...resources].filter((uri) => !before.has(uri));
    const stale = [...before].filter((uri) => !resources.has(uri));
    await Promise.all([
      ...fresh.map((uri) => this.#settle("resources/subscribe", { uri })),
      ...stale.map((uri) => this.#settle("resources/unsubscribe", { uri }))
    ]);
  }

  /** Has the session log what a modern request asks for by itself. */
  async match(request: Request): Promise<void> {
    const level = metaOf(request)[META.logLevel];
    if (typeof level === "string" && level !== this.#logLevel) await this.#setLevel(level);
  }

  async #setLevel(level: string): Promise<void> {
    if (!isObject(this.options.capabilities()["logging"])) return;
    this.#logLevel = level;
    await this.#settle("logging/setLevel", { level });
  }

  async #settle(method: string, params: Params): Promise<void> {
    await this.options.request(method, params).catch((error: unknown) => {
      this.options.log.debug(`The hosted server did not take ${method}: ${String(error)}`);
    });
  }
}
