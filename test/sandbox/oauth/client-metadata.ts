import type { AdapterPayload } from "oidc-provider";

/**
 * OAuth Client ID Metadata Documents. `https` ones are the authorization server library's own business, fetched by
 * way of {@link ClientMetadata.fetch}: from those published here, for want of a network, or else from the address.
 * A plain-http document on a loopback host, which the library refuses, is resolved here.
 */
export class ClientMetadata {
  readonly #published = new Map<string, unknown>();

  /** Serves a document for an https `client_id` without a server of its own. */
  publish(clientId: string, document: unknown): void {
    this.#published.set(clientId, document);
  }

  readonly fetch = async (url: string | URL | Request, options?: RequestInit): Promise<Response> => {
    const href = url instanceof Request ? url.url : String(url);
    const document = this.#published.get(href);
    if (document !== undefined) return Response.json(document);
    const { dispatcher: _, ...rest } = (options ?? {}) as RequestInit & { dispatcher?: unknown };
    return fetch(href, rest);
  };

  /** @returns the metadata behind a loopback `client_id`, or undefined when there is no such document */
  readonly findLoopback = async (clientId: string): Promise<AdapterPayload | undefined> => {
    if (!/^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/./.test(clientId)) return undefined;
    const response = await fetch(clientId, { redirect: "error", signal: AbortSignal.timeout(2_500) }).catch(
      () => undefined
    );
    const document = response?.ok
      ? ((await response.json().catch(() => undefined)) as AdapterPayload | undefined)
      : undefined;
    return document?.["client_id"] === clientId && !("client_secret" in document) ? document : undefined;
  };
}
