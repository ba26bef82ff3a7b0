import * as oauth from "oauth4webapi";
import * as z from "zod";
import { ImgwireError, isWebPage, webPage } from "../errors.ts";
import { type Fetch, oauthOptions, readJsonObject } from "./fetch.ts";
import { optionalText, type ServerMetadata } from "./metadata.ts";
import type { RegisteredClient } from "./record.ts";
import { formatServerText } from "./server-text.ts";

/** The device grant type (RFC 8628 section 3.4). */
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

const responseSchema = z.object({
  client_id: z.string().min(1),
  client_secret: optionalText,
  client_secret_expires_at: z.number().optional().catch(undefined),
  token_endpoint_auth_method: optionalText,
  grant_types: z.array(z.string()).min(1).optional().catch(undefined),
  registration_client_uri: optionalText,
  registration_access_token: optionalText
});

/**
 * Registers this program as a native application (RFC 7591, RFC 8252). A server may refuse the device grant
 * or the descriptive members, so a refused request is repeated with only what a sign-in by browser needs.
 * @throws ImgwireError `registration_unavailable` if the server doesn't register clients,
 *   `registration_failed`; UnreachableError if it sends a web page
 */
export async function register(
  fetch: Fetch,
  server: ServerMetadata,
  redirectUri: string,
  version: string
): Promise<RegisteredClient> {
  if (!server.registration_endpoint) throw unavailable(server);
  const essential = essentialMetadata(server, redirectUri);
  const first = await send(fetch, server, { ...essential, ...description(version), ...deviceGrant(server) });
  if ("client" in first) return { ...first.client, redirect_uri: redirectUri };
  const second = isFinal(first) ? first : await send(fetch, server, essential);
  if ("client" in second) {
    return { grant_types: essential.grant_types, ...second.client, redirect_uri: redirectUri };
  }
  throw failed(server, second);
}

/** Whether a client may request device codes, as far as its registration shows. */
export function mayUseDeviceGrant({ grant_types }: RegisteredClient): boolean {
  return grant_types === undefined || grant_types.includes(DEVICE_GRANT);
}

interface Refused {
  status: number;
  content: Record<string, unknown> | undefined;
}

async function send(
  fetch: Fetch,
  server: ServerMetadata,
  metadata: Partial<oauth.Client>
): Promise<{ client: RegisteredClient } | Refused> {
  const response = await oauth.dynamicClientRegistrationRequest(server, metadata, oauthOptions(fetch));
  if (response.ok && isWebPage(await response.clone().text())) throw webPage(server.issuer);
  const content = await readJsonObject(response);
  const parsed = responseSchema.safeParse(content);
  if (!response.ok || !parsed.success) return { status: response.status, content };
  return { client: toClient(parsed.data) };
}

/** True if the server would refuse a smaller request too. */
function isFinal({ status, content }: Refused): boolean {
  return ![400, 422].includes(status) || content?.["error"] === "invalid_redirect_uri";
}

function essentialMetadata(server: ServerMetadata, redirectUri: string) {
  return {
    client_name: "Imgwire MCP",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: preferredMethod(server),
    application_type: "native"
  };
}

function description(version: string) {
  return { client_uri: "https://imgwire.dev", software_id: "imgwire-mcp", software_version: version };
}

function deviceGrant(server: ServerMetadata) {
  if (!server.device_authorization_endpoint) return {};
  return { grant_types: ["authorization_code", "refresh_token", DEVICE_GRANT] };
}

/**
 * A native application can't keep a secret from its user, so it is a public client if the server allows that.
 */
function preferredMethod(server: ServerMetadata): string {
  const methods = server.token_endpoint_auth_methods_supported ?? ["none"];
  return (
    ["none", "client_secret_basic", "client_secret_post"].find((each) => methods.includes(each)) ?? "none"
  );
}

function toClient({
  client_secret_expires_at: seconds,
  ...rest
}: z.infer<typeof responseSchema>): RegisteredClient {
  return { source: "dynamic", ...rest, ...(seconds && { client_secret_expires_at: seconds * 1_000 }) };
}

function unavailable(server: ServerMetadata): ImgwireError {
  const supportsDocuments = server["client_id_metadata_document_supported"] === true;
  const document = supportsDocuments
    ? "Publish a client metadata document and set IMGWIRE_CLIENT_METADATA_URL to its URL (docs/client-metadata.md), or ask"
    : "Ask";
  return new ImgwireError("registration_unavailable", `${server.issuer} does not register clients.`, {
    hint: `${document} whoever runs the service for a client, and set IMGWIRE_CLIENT_ID (and IMGWIRE_CLIENT_SECRET).`
  });
}

function failed(server: ServerMetadata, { status, content }: Refused): ImgwireError {
  const why = formatServerText(content?.["error_description"] ?? content?.["error"]) || ` (status ${status})`;
  return new ImgwireError("registration_failed", `${server.issuer} refused to register imgwire-mcp${why}.`, {
    hint: "Try again later, or set IMGWIRE_CLIENT_ID to a client that the service gave you."
  });
}
