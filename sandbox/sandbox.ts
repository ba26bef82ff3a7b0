import type { Connections } from "./account/connections.ts";
import { createOrganization, type Organization } from "./account/organization.ts";
import type { UsageLog } from "./account/usage.ts";
import { Cdn } from "./cdn/cdn.ts";
import { Dashboard } from "./dashboard/dashboard.ts";
import { Faults, type Fault, type OriginName } from "./http/faults.ts";
import { openOrigins, type Origin } from "./http/origin.ts";
import { HostedMcp } from "./mcp/server.ts";
import { createAuthorizationServer } from "./oauth/server.ts";
import { checkEnvironments, defaults, type SandboxOptions } from "./options.ts";
import type { Image } from "./schemas.ts";
import { createService } from "./service.ts";
import type { Stats } from "./stats.ts";
import { Objects, type StoredObject } from "./storage/objects.ts";

/** The URLs of a sandbox. */
export interface SandboxUrls {
  /** The hosted MCP endpoint. */
  mcpUrl: string;
  issuer: string;
  storageUrl: string;
  cdnUrl: string;
  /** Ends with a slash. */
  dashboardUrl: string;
}

/** A running sandbox, and ways for tests to inspect and disturb it. */
export interface Sandbox extends SandboxUrls {
  readonly urls: SandboxUrls;
  /** Live counts of everything that has happened. */
  readonly stats: Stats;
  readonly organization: Organization;
  /** Everything measured; tests can add earlier events. */
  readonly usage: UsageLog;
  /** The Authorized Connections, to be bound and revoked as in the dashboard. */
  readonly connections: Connections;
  readonly store: {
    /** The bytes stored for an image. */
    object(imageId: string): StoredObject | undefined;
    image(imageId: string): Image | undefined;
  };
  /** Revokes every access token but no refresh tokens. Returns the number of tokens revoked. */
  revokeAccessTokens(): number;
  /** Forgets every legacy MCP session. */
  expireSessions(): Promise<void>;
  /** Removes these tools from the list, restores all others, and notifies clients. */
  withdrawTools(names: Iterable<string>): void;
  /** Serves a Client ID Metadata Document for an https `client_id` that has no server. */
  publishClientMetadata(clientId: string, document: unknown): void;
  /** Applies a fault to coming requests. */
  fault(fault: Fault): void;
  clearFaults(): void;
  /** The number of requests affected by faults so far. */
  readonly struck: number;
  /** Stops everything and deletes what was stored. */
  close(): Promise<void>;
}

/**
 * Starts the whole hosted service on 127.0.0.1, each part on its own origin.
 * @throws if a port is taken or the options are invalid
 */
export async function startSandbox(wanted: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const options = { ...defaults, ...wanted };
  checkEnvironments(options);
  const faults = new Faults();
  const origins = await openOrigins(options.port, faults);
  const urls = urlsOf(origins);
  const resource = `${origins.mcp.url}/`;
  const organization = createOrganization(options.environments);
  const objects = await Objects.open();
  const service = createService(options, urls, organization, objects, (clientId) =>
    oauth.revokeClient(clientId)
  );
  const linkName = options.link ?? options.environments[0];
  const oauth = await createAuthorizationServer({
    ...options,
    ...service,
    issuer: urls.issuer,
    resource,
    linkedEnvironmentId: organization.environments.find(({ name }) => name === linkName)?.id
  });
  const { tokens } = oauth;
  const mcp = new HostedMcp({
    ...options,
    service,
    tokens,
    resource,
    issuer: urls.issuer,
    jwksUri: oauth.jwksUri
  });
  const cdn = new Cdn({ ...service, object: (image) => service.store.object(image) });

  const sandbox: Sandbox = {
    ...urls,
    urls,
    stats: service.stats,
    organization,
    usage: service.usage,
    connections: service.connections,
    store: {
      image: (id) => service.images.find(id),
      object: (id) => {
        const image = service.images.find(id);
        return image && service.store.object(image);
      }
    },
    revokeAccessTokens: () => tokens.revokeAll(),
    expireSessions: () => mcp.expireSessions(),
    withdrawTools: (names) => mcp.withdrawTools(names),
    publishClientMetadata: (clientId, document) => oauth.clientMetadata.publish(clientId, document),
    fault: (fault) => faults.add(fault),
    clearFaults: () => faults.clear(),
    get struck() {
      return faults.struck;
    },
    async close() {
      service.images.close();
      service.downloads.close();
      await mcp.close();
      await Promise.all(Object.values(origins).map((origin) => origin.close()));
      await objects.close();
    }
  };

  origins.issuer.serve((req, res) => oauth.serve(req, res));
  origins.mcp.serve((req, res) => mcp.serve(req, res));
  origins.storage.serve((req, res) => service.store.serve(req, res));
  origins.cdn.serve((req, res) => cdn.serve(req, res));
  const dashboard = new Dashboard(service, sandbox);
  origins.dashboard.serve((req, res) => dashboard.serve(req, res));
  return sandbox;
}

function urlsOf(origins: Record<OriginName, Origin>): SandboxUrls {
  return {
    mcpUrl: `${origins.mcp.url}/mcp`,
    issuer: origins.issuer.url,
    storageUrl: origins.storage.url,
    cdnUrl: origins.cdn.url,
    dashboardUrl: `${origins.dashboard.url}/`
  };
}
