import * as z from "zod";
import { tokenSetSchema } from "./tokens.ts";

/**
 * A client as one authorization server knows it. Client identifiers mean nothing to another server, so this
 * is only ever used together with the issuer it came from.
 */
const clientSchema = z.object({
  /** Where the client_id comes from. */
  source: z.enum(["pre-registered", "metadata-document", "dynamic"]),
  client_id: z.string().min(1),
  client_secret: z.string().min(1).optional(),
  /** Milliseconds since the epoch after which `client_secret` no longer works (RFC 7591 section 3.2.1). */
  client_secret_expires_at: z.number().optional(),
  token_endpoint_auth_method: z.string().optional(),
  /** The redirect URI it was registered with; dynamic registration only. */
  redirect_uri: z.string().optional(),
  /** The grant types that the server let it register for; undefined if it did not say. */
  grant_types: z.array(z.string()).optional(),
  /** Where the registration can be read (RFC 7592 section 3), and the token for that. */
  registration_client_uri: z.string().optional(),
  registration_access_token: z.string().optional()
});
export type RegisteredClient = z.infer<typeof clientSchema>;

/** What is needed of the authorization server's metadata (RFC 8414) after the first request. */
const serverSchema = z.object({
  issuer: z.string().min(1),
  token_endpoint: z.string(),
  revocation_endpoint: z.string().optional().catch(undefined),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional().catch(undefined),
  authorization_response_iss_parameter_supported: z.boolean().optional().catch(undefined)
});
export type KnownServer = z.infer<typeof serverSchema>;

/**
 * A sign-in that waits for the user, with all that is needed to finish it: any process of this machine can.
 * It holds secrets (device code, PKCE verifier), so it is in the credential store and nowhere else.
 */
const pendingSchema = z.object({
  /** The same as in the notice for the other processes. */
  id: z.string(),
  server: serverSchema,
  client: clientSchema,
  resource: z.string().optional(),
  scopes: z.array(z.string()),
  /** When the link stops working, in milliseconds since the epoch. */
  expiresAt: z.number(),
  flow: z.discriminatedUnion("method", [
    z.object({ method: z.literal("device"), deviceCode: z.string(), intervalMs: z.number() }),
    z.object({
      method: z.literal("loopback"),
      redirectUri: z.string(),
      state: z.string(),
      verifier: z.string(),
      nonce: z.string().optional()
    })
  ])
});
export type PendingRecord = z.infer<typeof pendingSchema>;
export type DeviceFlow = Extract<PendingRecord["flow"], { method: "device" }>;
export type LoopbackFlow = Extract<PendingRecord["flow"], { method: "loopback" }>;

const recordSchema = z.object({
  version: z.literal(1),
  /** Absent, as the client is, for a token that the user brought along. */
  server: serverSchema.optional(),
  client: clientSchema.optional(),
  /**
   * The resource indicator exactly as the resource metadata states it (RFC 8707); undefined if there is none.
   */
  resource: z.string().optional(),
  /** Scopes requested so far. */
  scopes: z.array(z.string()),
  /** Scopes that the hosted server has asked for since; the next sign-in requests them. */
  missingScopes: z.array(z.string()).optional().catch(undefined),
  /** Grows with each change of the tokens. */
  generation: z.number().int(),
  /** Stands for the person signed in; equal for the same person at the same issuer if the server tells. */
  account: z.string(),
  /** Absent while nobody is signed in: the client registration outlives the tokens. */
  tokens: tokenSetSchema.optional(),
  pending: pendingSchema.optional().catch(undefined)
});

/** Everything that the credential store holds for one hosted URL and profile. */
export type SignInRecord = z.infer<typeof recordSchema>;

/** Parses a stored record; undefined if this version does not understand it. */
export function parseRecord(text: string): SignInRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The parts of server metadata that a record keeps. */
export function toKnownServer(server: KnownServer): KnownServer {
  return serverSchema.parse(server);
}
