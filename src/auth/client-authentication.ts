import * as oauth from "oauth4webapi";
import type { KnownServer, RegisteredClient } from "./record.ts";

/**
 * How the client authenticates at the token endpoint: as it was registered, else as the server supports (RFC
 * 8414 section 2; a server that does not say supports `client_secret_basic`).
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

/** The client in the library's terms; its secret travels by {@link clientAuthentication} only. */
export function asOauthClient({ client_id }: RegisteredClient): oauth.Client {
  return { client_id };
}

/** The server in the library's terms. */
export function asOauthServer(server: KnownServer): oauth.AuthorizationServer {
  return server as oauth.AuthorizationServer;
}

/**
 * HTTP Basic with the form encoding of RFC 6749 section 2.3.1. The library's own also encodes characters that
 * the encoding leaves alone; servers that skip the decoding then take them for part of the name.
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
