import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Client, StreamableHTTPClientTransport, type ClientOptions } from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport as TransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Image } from "../../sandbox/schemas.ts";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { signIn } from "../../sandbox/client/oauth.ts";
import { picture, upload } from "./test-upload.ts";

const documentedTools = [
  "create_bulk_image_download",
  "create_client_token",
  "fetch_metrics",
  "get_image_url",
  "get_server_token_dashboard_link",
  "get_usage",
  "list_images",
  "retrieve_bulk_image_download",
  "retrieve_image",
  "upload_image",
  "upload_image_via_url",
  "whoami"
];

const clients: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

type Revision = "2025-11-25" | "2026-07-28";

interface Connecting {
  headers?: Record<string, string>;
  capabilities?: NonNullable<ClientOptions["capabilities"]>;
  accessToken?: string;
}

async function connect(sandbox: Sandbox, revision: Revision, connecting: Connecting = {}) {
  const accessToken = connecting.accessToken ?? (await signIn(sandbox)).accessToken;
  const client = new Client(
    { name: "test", version: "1" },
    {
      capabilities: connecting.capabilities ?? {},
      versionNegotiation: { mode: revision === "2026-07-28" ? { pin: revision } : "legacy" }
    }
  );
  const transport = new StreamableHTTPClientTransport(new URL(sandbox.mcpUrl), {
    requestInit: { headers: { authorization: `Bearer ${accessToken}`, ...connecting.headers } }
  });
  await client.connect(transport);
  clients.push(client);
  return { client, transport };
}

function errorOf(result: { isError?: boolean | undefined; content: unknown }): unknown {
  expect(result.isError).toBe(true);
  return JSON.parse((result.content as { text: string }[])[0]!.text);
}

describe.each<Revision>(["2025-11-25", "2026-07-28"])("revision %s", (revision) => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ autoApprove: true, link: "none", processingMs: 20 });
  });
  afterAll(() => sandbox.close());

  it("lists the twelve documented tools with full descriptions", async () => {
    const { client } = await connect(sandbox, revision);
    expect(client.getNegotiatedProtocolVersion()).toBe(revision);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name).sort()).toEqual(documentedTools);
    for (const tool of tools) {
      expect(tool.title && tool.description, tool.name).toBeTruthy();
      expect(tool.annotations?.destructiveHint, tool.name).toBe(false);
      expect(tool.outputSchema?.["type"], tool.name).toBe("object");
    }
    const { inputSchema } = tools.find(({ name }) => name === "upload_image")!;
    expect(inputSchema.required).toEqual(["file_name"]);
    expect(Object.keys(inputSchema.properties!)).toEqual([
      "file_name",
      "mime_type",
      "content_length",
      "hash_sha256",
      "idempotency_key",
      "purpose",
      "custom_metadata"
    ]);
  });

  it("returns the user in whoami, with no Environment linked yet", async () => {
    const { client } = await connect(sandbox, revision);
    const { structuredContent, content } = await client.callTool({ name: "whoami" });
    expect(structuredContent).toMatchObject({
      user: { email: sandbox.organization.user.email },
      organization: { id: sandbox.organization.id },
      environments: [{ name: "production", default: true }, { name: "staging" }],
      linked_environment: null
    });
    expect(JSON.parse((content as { text: string }[])[0]!.text)).toEqual(structuredContent);
  });

  it("asks for the Environment once during a call, and links it", async () => {
    const { client } = await connect(sandbox, revision, { capabilities: { elicitation: { form: {} } } });
    const asked: unknown[] = [];
    const staging = sandbox.organization.environments[1]!;
    client.setRequestHandler("elicitation/create", (request) => {
      asked.push(request.params);
      return { action: "accept", content: { environment_id: staging.id } };
    });
    const first = await client.callTool({ name: "upload_image", arguments: { file_name: "a.png" } });
    expect(first.structuredContent).toMatchObject({
      image: { environment_id: staging.id, status: "PENDING" }
    });
    await client.callTool({ name: "list_images", arguments: {} });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      requestedSchema: {
        properties: {
          environment_id: {
            enum: sandbox.organization.environments.map(({ id }) => id),
            enumNames: ["production", "staging"]
          }
        }
      }
    });
    const { structuredContent } = await client.callTool({ name: "whoami" });
    expect(structuredContent).toMatchObject({ linked_environment: { name: "staging" } });
  });

  it("fails the call if the user declines to pick an Environment", async () => {
    const { client } = await connect(sandbox, revision, { capabilities: { elicitation: {} } });
    client.setRequestHandler("elicitation/create", () => ({ action: "decline" }));
    const result = await client.callTool({ name: "list_images", arguments: {} });
    expect(errorOf(result)).toMatchObject({ error_type: "OperationNotAllowedError" });
  });

  it("refers a client without elicitation to the dashboard", async () => {
    const { client } = await connect(sandbox, revision);
    const result = await client.callTool({ name: "list_images", arguments: {} });
    expect(errorOf(result)).toEqual({
      error_type: "OperationNotAllowedError",
      detail: expect.stringMatching(/Authorized Connections.*\/connections$/) as string
    });
  });

  it("uses the Environment named in the header, and refuses an unknown one", async () => {
    const staging = sandbox.organization.environments[1]!.id;
    const { client } = await connect(sandbox, revision, { headers: { "X-Environment-Id": staging } });
    const { structuredContent } = await client.callTool({
      name: "upload_image",
      arguments: { file_name: "a.webp" }
    });
    expect(structuredContent).toMatchObject({ image: { environment_id: staging, mime_type: "image/webp" } });
    const unknown = "00000000-0000-4000-8000-000000000000";
    const lost = await connect(sandbox, revision, { headers: { "X-Environment-Id": unknown } });
    const result = await lost.client.callTool({ name: "list_images", arguments: {} });
    expect(errorOf(result)).toMatchObject({ error_type: "ResourceNotFoundError" });
  });

  it("notifies clients that the tool list has changed", async () => {
    const streams = () => sandbox.stats.mcp.requests["legacy GET"] ?? 0;
    const before = streams();
    const { client } = await connect(sandbox, revision);
    const changed = new Promise<void>((resolve) => {
      client.setNotificationHandler("notifications/tools/list_changed", () => resolve());
    });
    if (revision === "2026-07-28") await client.listen({ toolsListChanged: true });
    else await expect.poll(streams).toBe(before + 1);
    sandbox.withdrawTools(["fetch_metrics"]);
    await changed;
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).not.toContain("fetch_metrics");
    sandbox.withdrawTools([]);
    expect((await client.listTools()).tools).toHaveLength(12);
  });

  it("imports an image from this machine with progress, and from nowhere else", async () => {
    const production = sandbox.organization.environments[0]!.id;
    const { client } = await connect(sandbox, revision, { headers: { "x-environment-id": production } });
    const bytes = await picture(30, 20);
    const remote = createServer((_req, res) =>
      res.writeHead(200, { "content-type": "image/png" }).end(bytes)
    );
    await new Promise<void>((resolve) => remote.listen(0, "127.0.0.1", resolve));
    const seen: number[] = [];
    const url = `http://127.0.0.1:${(remote.address() as AddressInfo).port}/made/a%20cat.png`;
    const call = { name: "upload_image_via_url", arguments: { url } };
    const result = await client.callTool(call, { onprogress: ({ progress }) => seen.push(progress) });
    remote.close();
    const image = result.structuredContent as Image;
    expect(image.original_filename).toBe("a cat.png");
    expect(seen.at(-1)).toBe(bytes.length);
    await expect.poll(async () => (await retrieve(client, image.id)).status, { interval: 10 }).toBe("READY");
    expect(await retrieve(client, image.id)).toMatchObject({
      width: 30,
      height: 20,
      size_bytes: bytes.length
    });
    const far = await client.callTool({
      name: "upload_image_via_url",
      arguments: { url: "http://169.254.169.254/latest" }
    });
    expect(errorOf(far)).toMatchObject({ error_type: "OperationNotAllowedError" });
  });
});

async function retrieve(client: Client, image_id: string): Promise<Image> {
  const { structuredContent } = await client.callTool({ name: "retrieve_image", arguments: { image_id } });
  return structuredContent as Image;
}

describe("the tools", () => {
  let sandbox: Sandbox;
  let client: Client;
  beforeAll(async () => {
    sandbox = await startSandbox({ autoApprove: true, processingMs: 0 });
  });
  afterAll(() => sandbox.close());
  const call = async (name: string, args: Record<string, unknown> = {}) =>
    (await client.callTool({ name, arguments: args })).structuredContent as Record<string, unknown>;

  it("uploads, lists, delivers and measures images in one session", async () => {
    ({ client } = await connect(sandbox, "2026-07-28"));
    const bytes = await picture(64, 48);
    const ids: string[] = [];
    for (const file_name of ["one.png", "two.png", "three.png"]) {
      ids.push(await upload(client, { file_name }, bytes));
    }
    const page = await call("list_images", { page: 2, limit: 2 });
    expect(page).toMatchObject({ page: 2, limit: 2, total: 3, images: [{ id: ids[0] }] });

    const { url } = await call("get_image_url", { image_id: ids[0], preset: "thumbnail", format: "webp" });
    expect(url).toMatch(/@thumbnail\?format=webp$/);
    for (let time = 0; time < 2; time++) expect((await fetch(url as string)).status).toBe(200);

    const metrics = await call("fetch_metrics", { interval: "HOURLY" });
    expect(metrics).toMatchObject({
      stats: {
        uploads: { value: 3 },
        requests: { value: 2 },
        transformations: { value: 1 },
        cache_hit_ratio: { value: 50 },
        storage_bytes: { value: 3 * bytes.length }
      }
    });
    const usage = await call("get_usage");
    expect(usage).toMatchObject({
      billing_plan: { name: "Pro" },
      usage: { uploads: { used: 3, limit: 50_000 }, storage_bytes: { used: 3 * bytes.length } }
    });

    const key = await call("create_client_token", { name: "Docs site" });
    expect(key).toMatchObject({ key_type: "CLIENT", name: "Docs site" });
    expect(JSON.stringify(key)).not.toContain("server_key");

    const link = await call("get_server_token_dashboard_link");
    const dashboard = await fetch(link["url"] as string).then((response) => response.text());
    expect(dashboard).toContain("Docs site");
    expect(sandbox.stats.mcp.tools).toMatchObject({ upload_image: 3, list_images: 1 });
  });

  it("returns a tool error for an invalid argument", async () => {
    ({ client } = await connect(sandbox, "2025-11-25"));
    const result = await client.callTool({ name: "list_images", arguments: { limit: 101 } });
    expect(result.isError).toBe(true);
    const missing = await client.callTool({
      name: "retrieve_image",
      arguments: { image_id: "00000000-0000-4000-8000-000000000000" }
    });
    expect(errorOf(missing)).toMatchObject({ error_type: "ResourceNotFoundError" });
  });
});

describe("eras and sessions", () => {
  let sandbox: Sandbox | undefined;
  afterEach(() => sandbox?.close());

  it("lets a client that prefers the modern revision fall back if only legacy ones are served", async () => {
    sandbox = await startSandbox({ autoApprove: true, era: "legacy" });
    const { accessToken } = await signIn(sandbox);
    const negotiating = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: "auto" } });
    const requestInit = { headers: { authorization: `Bearer ${accessToken}` } };
    await negotiating.connect(new StreamableHTTPClientTransport(new URL(sandbox.mcpUrl), { requestInit }));
    clients.push(negotiating);
    expect(negotiating.getNegotiatedProtocolVersion()).toBe("2025-11-25");
    await expect(connect(sandbox, "2026-07-28", { accessToken })).rejects.toThrow();
  });

  it("refuses legacy revisions if only the modern one is served", async () => {
    sandbox = await startSandbox({ autoApprove: true, era: "modern" });
    await expect(connect(sandbox, "2025-11-25")).rejects.toThrow();
    const { client } = await connect(sandbox, "2026-07-28");
    expect((await client.listTools()).tools).toHaveLength(12);
    expect(Object.keys(sandbox.stats.mcp.requests)).toEqual(["modern POST"]);
  });

  it("serves SDK v1, and asks it for the Environment with elicitation/create", async () => {
    sandbox = await startSandbox({ autoApprove: true, link: "none" });
    const { accessToken } = await signIn(sandbox);
    const client = new ClientV1({ name: "old", version: "1" }, { capabilities: { elicitation: {} } });
    const requestInit = { headers: { authorization: `Bearer ${accessToken}` } };
    const transport = new TransportV1(new URL(sandbox.mcpUrl), { requestInit });
    const { ElicitRequestSchema } = await import("@modelcontextprotocol/sdk/types.js");
    const environment_id = sandbox.organization.environments[0]!.id;
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: "accept", content: { environment_id } }));
    await client.connect(transport);
    clients.push(client);
    const result = await client.callTool({ name: "list_images", arguments: {} });
    expect(result.structuredContent).toMatchObject({ images: [], total: 0 });
    await transport.terminateSession();
    expect(sandbox.stats.mcp).toMatchObject({ sessionsOpened: 1, sessionsClosed: 1, questions: 1 });
  });

  it("returns 404 for an expired session and for another client's", async () => {
    sandbox = await startSandbox({ autoApprove: true });
    const { client, transport } = await connect(sandbox, "2025-11-25");
    const stranger = (await signIn(sandbox)).accessToken;
    const steal = await fetch(sandbox.mcpUrl, {
      method: "POST",
      headers: {
        authorization: `Bearer ${stranger}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-session-id": transport.sessionId!
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" })
    });
    expect(steal.status).toBe(404);
    await sandbox.expireSessions();
    await expect(client.listTools()).rejects.toMatchObject({ data: { status: 404 } });
  });

  it("refuses pages from other origins and bodies over 4 MiB", async () => {
    sandbox = await startSandbox({ autoApprove: true });
    const { accessToken } = await signIn(sandbox);
    const post = (headers: Record<string, string>, body: string) =>
      fetch(sandbox!.mcpUrl, {
        method: "POST",
        headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json", ...headers },
        body
      });
    expect((await post({ origin: "https://evil.example" }, "{}")).status).toBe(403);
    expect((await post({}, JSON.stringify("x".repeat(4_200_000)))).status).toBe(413);
  });

  it("refuses a connection that is revoked in the dashboard", async () => {
    sandbox = await startSandbox({ autoApprove: true });
    const signedIn = await signIn(sandbox);
    const { client } = await connect(sandbox, "2026-07-28", signedIn);
    sandbox.connections.revoke(signedIn.client.client_id);
    await expect(client.listTools()).rejects.toThrow(/revoked/);
  });
});
