import { ClientKeys } from "./account/client-keys.ts";
import { Connections } from "./account/connections.ts";
import type { Organization } from "./account/organization.ts";
import { UsageLog } from "./account/usage.ts";
import { Downloads } from "./images/downloads.ts";
import { Images } from "./images/images.ts";
import type { SandboxOptions } from "./options.ts";
import type { SandboxUrls } from "./sandbox.ts";
import { Stats } from "./stats.ts";
import type { Objects } from "./storage/objects.ts";
import { Store } from "./storage/store.ts";

/** What the hosted MCP server's tools operate on. */
export interface Service {
  organization: Organization;
  connections: Connections;
  clientKeys: ClientKeys;
  images: Images;
  downloads: Downloads;
  store: Store;
  usage: UsageLog;
  stats: Stats;
  /** Ends with a slash. */
  dashboardUrl: string;
}

/** @param revokeClient ends all grants of an OAuth client whose Authorized Connection is revoked */
export function createService(
  options: SandboxOptions,
  urls: SandboxUrls,
  organization: Organization,
  objects: Objects,
  revokeClient: (clientId: string) => void
): Service {
  const stats = new Stats();
  const usage = new UsageLog();
  const images = new Images({
    cdnUrl: urls.cdnUrl,
    organizationId: organization.id,
    processingMs: options.processingMs,
    usage
  });
  const downloads: Downloads = new Downloads({
    images,
    processingMs: options.processingMs,
    object: (image) => store.object(image),
    downloadUrl: (jobId) => store.downloadUrl(jobId)
  });
  const store: Store = new Store({
    origin: urls.storageUrl,
    images,
    downloads,
    objects,
    stats,
    urlTtl: options.urlTtl
  });
  const connections = new Connections(revokeClient);
  const clientKeys = new ClientKeys();
  const { dashboardUrl } = urls;
  return { organization, connections, clientKeys, images, downloads, store, usage, stats, dashboardUrl };
}
