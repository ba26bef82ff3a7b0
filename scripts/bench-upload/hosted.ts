import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

/** Calls the hosted tools with the official client, for the other contenders. */
export class Hosted {
  private constructor(private readonly client: Client) {}

  static async connect(mcpUrl: string, accessToken: string): Promise<Hosted> {
    const client = new Client({ name: "bench", version: "0" });
    const requestInit = { headers: { authorization: `Bearer ${accessToken}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(mcpUrl), { requestInit }));
    return new Hosted(client);
  }

  /** Creates an upload for a PNG file. */
  async create(path: string, purpose: string): Promise<{ id: string; url: string }> {
    return this.createOf(basename(path), (await stat(path)).size, purpose);
  }

  async createOf(fileName: string, size: number, purpose: string): Promise<{ id: string; url: string }> {
    const args = { file_name: fileName, mime_type: "image/png", content_length: size, purpose };
    const { structuredContent } = await this.client.callTool({ name: "upload_image", arguments: args });
    const { image, upload_url: url } = structuredContent as { image: { id: string }; upload_url: string };
    return { id: image.id, url };
  }

  /** Waits until an image is READY. */
  async ready(id: string): Promise<void> {
    for (;;) {
      const { structuredContent } = await this.client.callTool({
        name: "retrieve_image",
        arguments: { image_id: id }
      });
      const { status } = structuredContent as { status: string };
      if (status === "READY") return;
      if (status === "QUARANTINE") throw new Error("quarantined");
      await delay(50);
    }
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}
