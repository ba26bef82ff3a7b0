import type { Log } from "../../log.ts";
import type { Caller, HostedCall } from "../calls/hosted-call.ts";
import { listTools } from "../calls/own-call.ts";
import type { HostedConnection } from "../hosted/connection.ts";
import type { HostedClient } from "../hosted/client.ts";
import type { Snapshot } from "./snapshot.ts";
import { admitTools } from "./admit.ts";

/** Takes what the hosted server offers now, once for all who ask at the same time. */
export class Live {
  #taking: Promise<Snapshot> | undefined;
  #next: Promise<Snapshot> | undefined;

  /** @param adopt takes each new snapshot, before whoever asked for it does */
  constructor(
    private readonly link: HostedClient,
    private readonly caller: () => Caller,
    private readonly adopt: (snapshot: Snapshot) => Promise<void>,
    private readonly log: Log
  ) {}

  /** @throws SignInNeededError, UnreachableError, ImgwireError */
  take(): Promise<Snapshot> {
    this.#taking ??= this.#take().finally(() => (this.#taking = undefined));
    return this.#taking;
  }

  /** Takes what is offered after a change: what is being taken already may have been written before it. Throws as `take`. */
  retake(): Promise<Snapshot> {
    if (this.#taking === undefined) return this.take();
    this.#next ??= this.#taking
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.take();
      });
    return this.#next;
  }

  async #take(): Promise<Snapshot> {
    const caller = this.caller();
    const connection = await this.link.open(caller);
    const snapshot = await this.#list(connection, caller);
    await this.adopt(snapshot);
    return snapshot;
  }

  async #list(connection: HostedConnection, caller: Caller): Promise<Snapshot> {
    const send = (call: HostedCall): void => connection.send(call);
    const takenAt = Date.now();
    const { tools, ttlMs, cacheScope } = await listTools({ send, ...caller });
    const admitted = admitTools(tools, connection.era, (reason) => this.log.warn(reason));
    return { server: connection.server, tools: admitted, takenAt, ttlMs, cacheScope };
  }
}
