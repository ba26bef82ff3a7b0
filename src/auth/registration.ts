import * as oauth from "oauth4webapi";
import * as z from "zod";
import { ImgwireError } from "../errors.ts";
import { type Fetch, readJsonObject, oauthOptions } from "./fetch.ts";
import { formatServerText } from "./server-text.ts";
import type { KnownServer, RegisteredClient } from "./record.ts";

/** What the user configured about the client; all absent means dynamic registration. */
export interface ClientSettings {
  clientId: string | undefined;
  clientSecret: string | undefined;
  clientMetadataUrl: URL | undefined;
}

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

const responseSchema = z.object({
  client_id: z.string().min(1),
  client_secret: z.string().min(1).optional(),
  client_secret_expires_at: z.number().optional().catch(undefined),
  token_endpoint_auth_method: z.string().optional().catch(undefined)
});

/**
 * The client that needs no registration at this server: the pre-registered one, else the metadata document where
 * the server takes those. Undefined means that one has to be registered.
 */
export function configuredClient(
  settings: ClientSettings,
  server: oauth.AuthorizationServer
): RegisteredClient | undefined {
  const { clientId, clientSecret, clientMetadataUrl } = settings;
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

/** Whether a client registered earlier at the same issuer can be used again with this redirect URI. */
export function isReusable(client: RegisteredClient, redirectUri: string | undefined, now: number): boolean {
  if (client.source !== "dynamic") return false;
  const expires = client.client_secret_expires_at;
  if (expires !== undefined && expires <= now) return false;
  return redirectUri === undefined || client.redirect_uri === redirectUri;
}

/**
 * Registers this program as a native application (RFC 7591, RFC 8252).
 * @throws ImgwireError `registration_unavailable` where the server takes no registrations, `registration_failed`
 */
export async function register(
  ask: Fetch,
  server: oauth.AuthorizationServer,
  redirectUri: string,
  version: string
): Promise<RegisteredClient> {
  if (!server.registration_endpoint) {
    throw new ImgwireError("registration_unavailable", `${server.issuer} takes no client registrations.`, {
      hint: "Fetch whoever runs the service for a client and set IMGWIRE_CLIENT_ID (and IMGWIRE_CLIENT_SECRET)."
    });
  }
  const metadata = clientMetadata(server, redirectUri, version);
  const response = await oauth.dynamicClientRegistrationRequest(server, metadata, oauthOptions(ask));
  const content = await readJsonObject(response);
  const parsed = responseSchema.safeParse(content);
  if (!response.ok || !parsed.success) throw registrationFailed(server, response.status, content);
  return toClient(parsed.data, redirectUri);
}

function clientMetadata(
  server: oauth.AuthorizationServer,
  redirectUri: string,
  version: string
): Partial<oauth.Client> {
  return {
    client_name: "Imgwire MCP",
    client_uri: "https://imgwire.dev",
    redirect_uris: [redirectUri],
    grant_types: [
      "authorization_code",
      "refresh_token",
      ...(server.device_authorization_endpoint ? [DEVICE_GRANT] : [])
    ],
    response_types: ["code"],
    token_endpoint_auth_method: preferredMethod(server),
    application_type: "native",
    software_id: "imgwire-mcp",
    software_version: version
  };
}

/** A native application keeps no secret from its user, so a public client where the server lets it be one. */
function preferredMethod(server: oauth.AuthorizationServer): string {
  const methods = server.token_endpoint_auth_methods_supported ?? ["none"];
  return (
    ["none", "client_secret_basic", "client_secret_post"].find((each) => methods.includes(each)) ?? "none"
  );
}

function toClient(answer: z.infer<typeof responseSchema>, redirectUri: string): RegisteredClient {
  const { client_secret_expires_at: seconds, ...rest } = answer;
  return {
    source: "dynamic",
    ...rest,
    redirect_uri: redirectUri,
    ...(seconds && { client_secret_expires_at: seconds * 1_000 })
  };
}

function registrationFailed(
  server: oauth.AuthorizationServer,
  status: number,
  content: Record<string, unknown> | undefined
): ImgwireError {
  const why = formatServerText(content?.["error_description"] ?? content?.["error"]) || ` (status ${status})`;
  return new ImgwireError("registration_failed", `${server.issuer} refused to register this program${why}`, {
    hint: "Try again later, or set IMGWIRE_CLIENT_ID to a client that the service has given you."
  });
}

/**
 * How the client identifies itself at the token endpoint: as it was registered, else as the server supports
 * (RFC 8414 section 2; without a word of the server that is `client_secret_basic`).
 */
export function clientAuthentication(server: KnownServer, client: RegisteredClient): oauth.ClientAuth {
  const secret = client.client_secret;
  if (secret === undefined) return oauth.None();
  const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
  const assigned = client.token_endpoint_auth_method;
  const candidates = assigned ? [assigned] : ["client_secret_basic", "client_secret_post", "none"];
  const method = candidates.find((each) => assigned === each || methods.includes(each));
  if (method === "none") return oauth.None();
  return method === "client_secret_post" ? oauth.ClientSecretPost(secret) : basic(secret);
}

/**
 * HTTP Basic with the form encoding of RFC 6749 section 2.3.1. The library's own also encodes characters that the
 * encoding leaves alone, which servers that skip the decoding then take for part of the name.
 */
function basic(secret: string): oauth.ClientAuth {
  return (_server, client, _body, headers) => {
    const pair = `${formEncode(client.client_id)}:${formEncode(secret)}`;
    headers.set("authorization", `Basic ${Buffer.from(pair).toString("base64")}`);
  };
}

function formEncode(text: string): string {
  return new URLSearchParams([["", text]]).toString().slice(1);
}
