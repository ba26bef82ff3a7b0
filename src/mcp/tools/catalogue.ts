import type { Tool } from "@modelcontextprotocol/client";
import { version } from "../../../package.json";
import catalogue from "./catalogue.json";
import type { Snapshot } from "./snapshot.ts";

/**
 * What the hosted server is publicly documented to offer: the twelve tools, described in our own words. It
 * stands in until the server itself has been heard.
 */
export const bundled: Snapshot = {
  server: { ...catalogue.server, serverInfo: { ...catalogue.server.serverInfo, version } },
  tools: catalogue.tools as Tool[],
  takenAt: 0,
  ttlMs: 0,
  cacheScope: "public"
};

/** Whether the catalogue was written for this hosted URL. */
export function describes(url: URL): boolean {
  return url.href === catalogue.url;
}
