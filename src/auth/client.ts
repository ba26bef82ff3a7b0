import { checkServerUrl, type UrlRules } from "../system/url.ts";
import type { Fetch } from "./fetch.ts";
import type { ServerMetadata } from "./metadata.ts";
import type { RegisteredClient } from "./record.ts";

/** The OAuth client that the user configured; if nothing is set, one is registered dynamically. */
export interface ClientSettings {
  clientId: string | undefined;
  clientSecret: string | undefined;
  clientMetadataUrl: URL | undefined;
}

/**
 * Returns the client that needs no registration: the pre-registered one, else the Client ID Metadata Document
 * if the server supports those (MCP authorization: client registration approaches).
 * @returns undefined if a client has to be registered
 */
export function configuredClient(
  { clientId, clientSecret, clientMetadataUrl }: ClientSettings,
  server: ServerMetadata
): RegisteredClient | undefined {
  if (clientId) {
    return {
      source: "pre-registered",
      client_id: clientId,
      ...(clientSecret && { client_secret: clientSecret })
    };
  }
  if (clientMetadataUrl && server["client_id_metadata_document_supported"] === true) {
    return { source: "metadata-document", client_id: clientMetadataUrl.href };
  }
  return undefined;
}

/** Whether a client registered earlier at the same issuer can be reused with this redirect URI. */
export function isReusable(client: RegisteredClient, redirectUri: string | undefined, now: number): boolean {
  if (client.source !== "dynamic") return false;
  const expires = client.client_secret_expires_at;
  if (expires !== undefined && expires <= now) return false;
  return redirectUri === undefined || client.redirect_uri === redirectUri;
}

/**
 * Checks whether the server still knows a client that was registered earlier, because for an unknown one the
 * browser would show the user an error that this program never sees. Reads the registration if possible (RFC
 * 7592 section 2.1). If not, requests the page that the browser would open, without following redirects: for
 * an unknown client the server shows an error instead of redirecting (RFC 6749 section 4.1.2.1).
 * @param authorizationUrl the complete authorization request
 * @returns true also if the server fails
 */
export async function isKnownClient(
  fetch: Fetch,
  client: RegisteredClient,
  authorizationUrl: string,
  rules: UrlRules
): Promise<boolean> {
  try {
    const { registration_client_uri: uri, registration_access_token: token } = client;
    if (uri !== undefined && token !== undefined) {
      const { href } = checkServerUrl(uri, "The registration's URL", rules);
      const { status } = await fetch(href, { headers: { authorization: `Bearer ${token}` } });
      if (status === 200) return true;
      if ([401, 403, 404].includes(status)) return false;
    }
    return !rejectsClient(await fetch(authorizationUrl, { headers: { accept: "text/html" } }));
  } catch {
    return true;
  }
}

function rejectsClient({ status, headers }: Response): boolean {
  const location = headers.get("location") ?? "";
  return status === 400 || status === 401 || /[?&#]error=(invalid|unauthorized)_client\b/.test(location);
}
