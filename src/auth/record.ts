import * as z from "zod";
import { tokenSetSchema } from "./tokens.ts";

/**
 * A client as one authorization server knows it. Client identifiers mean nothing to another server, so this is
 * only ever used together with the issuer it came from.
 */
const registeredClientSchema = z.object({
  /** How the client_id was come by. */
  source: z.enum(["pre-registered", "metadata-document", "dynamic"]),
  client_id: z.string().min(1),
  client_secret: z.string().min(1).optional(),
  /** Milliseconds since the epoch after which `client_secret` no longer works (RFC 7591 section 3.2.1). */
  client_secret_expires_at: z.number().optional(),
  token_endpoint_auth_method: z.string().optional(),
  /** The redirect URI it was registered with, dynamic registration only. */
  redirect_uri: z.string().optional()
});
export type RegisteredClient = z.infer<typeof registeredClientSchema>;

/** What is needed of the authorization server's metadata (RFC 8414) after the sign-in. */
const serverSchema = z.object({
  issuer: z.string().min(1),
  token_endpoint: z.string(),
  revocation_endpoint: z.string().optional(),
  token_endpoint_auth_methods_supported: z.array(z.string()).optional()
});
export type KnownServer = z.infer<typeof serverSchema>;

const recordSchema = z.object({
  version: z.literal(1),
  server: serverSchema,
  client: registeredClientSchema,
  /** The resource indicator exactly as the resource metadata states it (RFC 8707); undefined where there is none. */
  resource: z.string().optional(),
  /** Scopes asked for so far. */
  scopes: z.array(z.string()),
  /** Counts what was stored for this URL: a later one always has a higher number. */
  generation: z.number().int(),
  /** Stands for the person signed in; equal for the same person at the same issuer where the server tells. */
  account: z.string(),
  /** Absent once they were refused for good: the client registration outlives them. */
  tokens: tokenSetSchema.optional()
});

/** Everything that is kept in the credential store for one hosted URL. */
export type SignInRecord = z.infer<typeof recordSchema>;

/** Reads a stored record; undefined for one that this version does not understand. */
export function parseRecord(text: string): SignInRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
