import type { AdapterPayload } from "oidc-provider";

/**
 * OAuth Client ID Metadata Documents. The authorization server library handles `https` ones and fetches them
 * through {@link ClientMetadata.fetch}: from those published here, because the sandbox is offline, or else
 * from the URL. Plain-http documents on a loopback host, which the library rejects, are resolved here.
 */
export class ClientMetadata {
  readonly #published = new Map<string, unknown>();

  /** Serves a document for an https `client_id` that has no server. */
  publish(clientId: string, document: unknown): void {
    this.#published.set(clientId, document);
  }

  // The library's second argument is a dispatcher that rejects loopback addresses, so it is ignored.
  readonly fetch = async (url: string | URL | Request): Promise<Response> => {
    const href = url instanceof Request ? url.url : String(url);
    const document = this.#published.get(href);
    return document === undefined ? get(href) : Response.json(document);
  };

  /** @returns the metadata for a loopback `client_id`; undefined if there is no such document */
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
