import { randomUUID } from "node:crypto";

/** An Authorized Connection: one OAuth client and the Environment it is bound to, if any. */
export interface Connection {
  readonly id: string;
  readonly clientId: string;
  clientName: string;
  environmentId: string | undefined;
  readonly createdAt: string;
  lastUsedAt: string | undefined;
}

/** The user's Authorized Connections, by OAuth client. */
export class Connections {
  readonly #byClient = new Map<string, Connection>();
  readonly #onRevoke: (clientId: string) => void;

  /** @param onRevoke ends all of the client's grants */
  constructor(onRevoke: (clientId: string) => void) {
    this.#onRevoke = onRevoke;
  }

  list(): Connection[] {
    return [...this.#byClient.values()];
  }

  of(clientId: string): Connection | undefined {
    return this.#byClient.get(clientId);
  }

  /** Records a consent. If an Environment is given, it replaces the previous one. */
  authorize(clientId: string, clientName: string, environmentId: string | undefined): Connection {
    const known = this.#byClient.get(clientId);
    const connection: Connection = {
      id: known?.id ?? randomUUID(),
      clientId,
      clientName,
      environmentId: environmentId ?? known?.environmentId,
      createdAt: known?.createdAt ?? new Date().toISOString(),
      lastUsedAt: known?.lastUsedAt
    };
    this.#byClient.set(clientId, connection);
    return connection;
  }

  bind(clientId: string, environmentId: string | undefined): void {
    const connection = this.#byClient.get(clientId);
    if (connection) connection.environmentId = environmentId;
  }

  touch(clientId: string): void {
    const connection = this.#byClient.get(clientId);
    if (connection) connection.lastUsedAt = new Date().toISOString();
  }

  revoke(clientId: string): void {
    this.#byClient.delete(clientId);
    this.#onRevoke(clientId);
  }
}
