import { McpServer } from "@modelcontextprotocol/server";
import type { Service } from "../service.ts";
import { questionState } from "./environment.ts";
import type { HostedTool } from "./tool.ts";
import { createClientToken, getServerTokenDashboardLink, whoami } from "./tools/account.ts";
import { getImageUrl } from "./tools/delivery.ts";
import { createBulkImageDownload, retrieveBulkImageDownload } from "./tools/downloads.ts";
import { listImages, retrieveImage, uploadImage, uploadImageViaUrl } from "./tools/images.ts";
import { fetchMetrics, getUsage } from "./tools/metrics.ts";

const tools: readonly HostedTool[] = [
  whoami,
  createClientToken,
  uploadImageViaUrl,
  uploadImage,
  retrieveImage,
  getImageUrl,
  listImages,
  fetchMetrics,
  getUsage,
  createBulkImageDownload,
  retrieveBulkImageDownload,
  getServerTokenDashboardLink
];

/** An MCP server instance: for one legacy session, or for one modern request. */
export interface HostedServer {
  server: McpServer;
  /** Removes these tools from the list, restores all others, and notifies a connected client of changes. */
  withdraw(names: ReadonlySet<string>): void;
}

export function createHostedServer(service: Service): HostedServer {
  const server = new McpServer(
    { name: "imgwire-mcp-sandbox", title: "Imgwire", version: "1.0.0" },
    {
      capabilities: { tools: { listChanged: true } },
      instructions: "Upload, find and deliver images with Imgwire.",
      requestState: { verify: (state, ctx) => questionState.verify(state, ctx) }
    }
  );
  const registered = tools.map((tool) => ({ name: tool.name, handle: tool.register(server, service) }));
  return {
    server,
    withdraw(names) {
      for (const { name, handle } of registered) {
        if (handle.enabled === names.has(name)) handle.update({ enabled: !names.has(name) });
      }
    }
  };
}
