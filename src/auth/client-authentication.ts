import * as oauth from "oauth4webapi";
import type { KnownServer, RegisteredClient } from "./record.ts";

/**
 * Chooses how the client authenticates at the token endpoint: by the registered method, else by one that the
 * server supports (RFC 8414 section 2: `client_secret_basic` if its metadata doesn't say).
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

/** Converts the client to the library's type, without the secret: {@link clientAuthentication} sends that. */
export function asOauthClient({ client_id }: RegisteredClient): oauth.Client {
  return { client_id };
}

/** Converts the server to the library's type. */
export function asOauthServer(server: KnownServer): oauth.AuthorizationServer {
  return server as oauth.AuthorizationServer;
}

/**
 * HTTP Basic with the form encoding of RFC 6749 section 2.3.1. The library's version also encodes characters
 * that don't need it, so servers that don't decode reject the client.
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
