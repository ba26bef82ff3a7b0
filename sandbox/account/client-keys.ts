import { randomBytes, randomUUID } from "node:crypto";
import type { ClientKey } from "../schemas.ts";

export interface ClientKeySettings {
  name: string;
  scopes?: string[] | undefined;
  allow_unsigned_upload?: boolean | null | undefined;
  maximum_upload_bytes?: number | null | undefined;
  allowed_mime_types?: string[] | null | undefined;
  maximum_pending_uploads?: number | null | undefined;
}

/** The publishable Client Keys of all Environments. There are no Server API Keys here. */
export class ClientKeys {
  readonly #keys: ClientKey[] = [];

  create(environmentId: string, settings: ClientKeySettings): ClientKey {
    const now = new Date().toISOString();
    const key: ClientKey = {
      id: randomUUID(),
      environment_id: environmentId,
      name: settings.name,
      key_type: "CLIENT",
      client_key: `ck_${randomBytes(18).toString("base64url")}`,
      allow_unsigned_upload: settings.allow_unsigned_upload ?? false,
      maximum_upload_bytes: settings.maximum_upload_bytes ?? null,
      allowed_mime_types: settings.allowed_mime_types ?? null,
      maximum_pending_uploads: settings.maximum_pending_uploads ?? null,
      scopes: settings.scopes ?? ["images:upload"],
      created_at: now,
      updated_at: now
    };
    this.#keys.push(key);
    return key;
  }

  list(environmentId: string): ClientKey[] {
    return this.#keys.filter((key) => key.environment_id === environmentId);
  }
}
