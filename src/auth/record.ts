import * as z from "zod";
import { tokenSetSchema } from "./tokens.ts";

/**
 * A client as known to one authorization server. Its identifier means nothing to any other, so it is only
 * used together with its issuer.
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
  /** The grant types that the server registered; undefined if it didn't say. */
  grant_types: z.array(z.string()).optional(),
  /** Where the registration can be read (RFC 7592 section 3), and the token for that. */
  registration_client_uri: z.string().optional(),
  registration_access_token: z.string().optional()
});
export type RegisteredClient = z.infer<typeof clientSchema>;

/** The authorization server metadata (RFC 8414) that is needed after the authorization request. */
const serverSchema = z.object({
  issuer: z.string().min(1),
  token_endpoint: z.string(),
  revocation_endpoint: z.string().optional().catch(undefined),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional().catch(undefined),
  authorization_response_iss_parameter_supported: z.boolean().optional().catch(undefined)
});
export type KnownServer = z.infer<typeof serverSchema>;

/**
 * A sign-in that is waiting for the user, with everything that any process on this machine needs to finish
 * it. It contains secrets (device code, PKCE verifier), so it is kept only in the credential store.
 */
const pendingSchema = z.object({
  /** The id of its notice to the other processes. */
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
  /** Absent, like `client`, for an access token that the user provided. */
  server: serverSchema.optional(),
  client: clientSchema.optional(),
  /**
   * The resource indicator exactly as the resource metadata states it (RFC 8707); undefined if there is none.
   */
  resource: z.string().optional(),
  /** Scopes requested so far. */
  scopes: z.array(z.string()),
  /** Scopes that the hosted server has demanded since; the next sign-in requests them. */
  missingScopes: z.array(z.string()).optional().catch(undefined),
  /** Increases with each change of the tokens. */
  generation: z.number().int(),
  /** An opaque id of the signed-in person; the same for each sign-in if the server says who it is. */
  account: z.string(),
  /** Absent while nobody is signed in: the client registration outlives the tokens. */
  tokens: tokenSetSchema.optional(),
  pending: pendingSchema.optional().catch(undefined)
});

/** Everything that the credential store holds for one hosted URL and profile. */
export type SignInRecord = z.infer<typeof recordSchema>;

/** Parses a stored record; undefined if this version doesn't understand it. */
export function parseRecord(text: string): SignInRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Reduces server metadata to the parts that a record contains. */
export function toKnownServer(server: KnownServer): KnownServer {
  return serverSchema.parse(server);
}
