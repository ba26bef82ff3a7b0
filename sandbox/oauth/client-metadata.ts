import type { AdapterPayload } from "oidc-provider";

/**
 * OAuth Client ID Metadata Documents. `https` ones are the authorization server library's own business,
 * fetched by way of {@link ClientMetadata.fetch}: from those published here, for want of a network, or else
 * from the address. A plain-http document on a loopback host, which the library refuses, is resolved here.
 */
export class ClientMetadata {
  readonly #published = new Map<string, unknown>();

  /** Serves a document for an https `client_id` without a server of its own. */
  publish(clientId: string, document: unknown): void {
    this.#published.set(clientId, document);
  }

  // What the library would pass on besides the address is a dispatcher that turns loopback addresses away.
  readonly fetch = async (url: string | URL | Request): Promise<Response> => {
    const href = url instanceof Request ? url.url : String(url);
    const document = this.#published.get(href);
    return document === undefined ? get(href) : Response.json(document);
  };

  /** @returns the metadata behind a loopback `client_id`, or undefined when there is no such document */
  readonly findLoopback = async (clientId: string): Promise<AdapterPayload | undefined> => {
    if (!/^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?\/./.test(clientId)) return undefined;
    const response = await get(clientId).catch(() => undefined);
    const document = response?.ok
      ? ((await response.json().catch(() => undefined)) as AdapterPayload | undefined)
      : undefined;
    return document?.["client_id"] === clientId && !("client_secret" in document) ? document : undefined;
  };
}

function get(url: string): Promise<Response> {
  return fetch(url, {
    headers: { accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(2_500)
  });
}
