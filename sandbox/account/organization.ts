import { createHash } from "node:crypto";
import type { Environment, User } from "../schemas.ts";
import { DomainError } from "./domain-error.ts";

/**
 * The only user, their organization and its Environments. Ids are derived from names, so they survive a
 * restart.
 */
export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly user: User;
  readonly environments: readonly Environment[];
  /** @throws {DomainError} ResourceNotFoundError */
  environment(id: string): Environment;
}

/** Creates the organization with the named Environments; the first one is the default. */
export function createOrganization(environmentNames: readonly string[]): Organization {
  const now = new Date().toISOString();
  const id = idOf("organization");
  const environments = environmentNames.map((name, index) => ({
    id: idOf(`environment ${name}`),
    organization_id: id,
    name,
    default: index === 0,
    created_at: now,
    updated_at: now
  }));
  return {
    id,
    name: "Larkspur Studio",
    user: {
      id: idOf("user"),
      email: "robin@larkspur.example",
      first_name: "Robin",
      last_name: "Hale",
      email_verified: true,
      identities: ["GoogleOAuth"],
      created_at: now,
      updated_at: now
    },
    environments,
    environment(wanted) {
      const found = environments.find((environment) => environment.id === wanted);
      if (!found) throw new DomainError("ResourceNotFoundError", `Environment ${wanted} was not found.`);
      return found;
    }
  };
}

/** Derives an id in the form of a version 4 UUID from a name. */
function idOf(name: string): string {
  const hex = createHash("sha256").update(`imgwire sandbox ${name}`).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32)
  ].join("-");
}
