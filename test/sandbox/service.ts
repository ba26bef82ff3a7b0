import type { ClientKeys } from "./account/client-keys.ts";
import type { Connections } from "./account/connections.ts";
import type { Organization } from "./account/organization.ts";
import type { UsageLog } from "./account/usage.ts";
import type { Downloads } from "./images/downloads.ts";
import type { Images } from "./images/images.ts";
import type { Stats } from "./stats.ts";
import type { Store } from "./storage/store.ts";

/** What the hosted MCP server's tools work on. */
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
