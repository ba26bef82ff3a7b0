import { createServer, type IncomingMessage, type ServerResponse, type Server } from "node:http";
import { mkdir, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { baseEnv, bin } from "../support/program.ts";
import { freshFolder } from "../transfer/samples.ts";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { META } from "./envelope.ts";

const OWN = ["publish-docs", "replace-placeholders", "image-audit"];
const TOOLS = ["upload_image", "retrieve_image", "get_image_url", "list_images"];

let folder: Awaited<ReturnType<typeof freshFolder>>;
let hosted: Server;
let clients: Client[] = [];

beforeEach(async () => {
  folder = await freshFolder();
  for (const name of ["docs/guide", "node_modules/x", ".git", "doctor"])
    await mkdir(join(folder.path, name), { recursive: true });
  for (const name of ["docs/a.md", "docs/b.png", "docs/guide/c.html", "README.md"])
    await writeFile(join(folder.path, name), "");
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  clients = [];
  hosted.closeAllConnections();
  hosted.close();
  await folder.remove();
});

/** Starts a legacy hosted server, with or without its own prompts. */
async function imgwire(own: readonly string[] | undefined, tools = TOOLS): Promise<string> {
  const answers: Record<string, (params: Record<string, unknown>) => object> = {
    initialize: () => ({
      protocolVersion: "2025-11-25",
      capabilities: { tools: {}, ...(own && { prompts: {} }) },
      serverInfo: { name: "t", version: "1" }
    }),
    "tools/list": () => ({ tools: tools.map((name) => ({ name, inputSchema: { type: "object" } })) }),
    "prompts/list": () => ({ prompts: own!.map((name) => ({ name })) }),
    "prompts/get": ({ name }) => ({
      messages: [{ role: "user", content: { type: "text", text: `hosted ${String(name)}` } }]
    })
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const {
      id,
      method,
      params = {}
    } = JSON.parse(text || "{}") as {
      id?: number;
      method?: string;
      params?: Record<string, unknown>;
    };
    if (request.method !== "POST") return void response.writeHead(405).end();
    if (id === undefined) return void response.writeHead(202).end();
    const result = answers[method ?? ""]?.(params);
    const error = { code: -32601, message: "Method not found" };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ jsonrpc: "2.0", id, ...(result ? { result } : { error }) }));
  };
  hosted = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => hosted.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(hosted.address() as AddressInfo).port}/mcp`;
}

const program = (url: string, env: Record<string, string> = {}) => ({
  args: [bin("imgwire-mcp")],
  cwd: folder.path,
  env: baseEnv({
    IMGWIRE_MCP_URL: url,
    IMGWIRE_ACCESS_TOKEN: "CANARY-token",
    IMGWIRE_CONFIG_DIR: join(folder.path, ".config"),
    ...env
  })
});

async function connect(url: string): Promise<Client> {
  const client = new Client({ name: "test", version: "1" });
  await client.connect(new StdioClientTransport({ command: process.execPath, ...program(url) }));
  await client.listTools();
  clients.push(client);
  return client;
}

describe("the prompts that an agent is offered", () => {
  it.each([
    ["without prompts", undefined, OWN],
    ["with its own prompts, one of the same name", ["theirs", "image-audit"], [...OWN, "theirs"]]
  ])("lists this program's prompts in front of a server %s [mcp.prompts]", async (_, theirs, listed) => {
    const client = await connect(await imgwire(theirs));
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual(listed);
    for (const name of OWN) {
      const { messages } = await client.getPrompt({ name, arguments: { path: "docs/" } });
      expect(messages).toHaveLength(1);
      expect(JSON.stringify(messages)).toContain("`docs/`");
      expect(JSON.stringify(messages)).toMatch(/upload_image|get_image_url/);
    }
    if (!theirs) return expect(client.getPrompt({ name: "theirs" })).rejects.toThrow(/no such prompt/);
    expect(JSON.stringify(await client.getPrompt({ name: "theirs" }))).toContain("hosted theirs");
  });

  it("completes a path only with folders and documents of the project [mcp.prompts]", async () => {
    const client = await connect(await imgwire(undefined));
    const complete = async (value: string, name = "path") => {
      const ref = { type: "ref/prompt" as const, name: "publish-docs" };
      return (await client.complete({ ref, argument: { name, value } })).completion.values;
    };
    expect(await complete("doc")).toEqual(["docs/", "doctor/"]);
    expect(await complete("")).toEqual(["README.md", "docs/", "doctor/"]);
    expect(await complete("docs/")).toEqual(["docs/a.md", "docs/guide/"]);
    for (const outside of ["../", "/", "docs/../../", "docs\\..", "nowhere/"])
      expect(await complete(outside)).toEqual([]);
    expect(await complete("p", "style")).toEqual(["photos"]);
  });

  it.each([
    ["without image tools, as that server would", ["echo"], -32601],
    ["with image tools, next to this program's own", TOOLS, -32602]
  ])("completes nothing for a prompt of a server %s [mcp.prompts]", async (_, tools, code) => {
    const client = await connect(await imgwire(["theirs"], tools));
    const ref = { type: "ref/prompt", name: "theirs" };
    const params = { ref, argument: { name: "path", value: "" } };
    const asked = client.request({ method: "completion/complete", params } as never, z.looseObject({}));
    await expect(asked).rejects.toMatchObject({ code });
    await expect(asked).rejects.not.toThrow(/no such prompt/);
  });

  it("offers prompts to a modern agent that is signed out [mcp.prompts]", async () => {
    const url = await imgwire(["theirs"]);
    await connect(url);
    hosted.removeAllListeners("request");
    hosted.on("request", (request, response) => {
      request.resume();
      response.writeHead(401, { "www-authenticate": "Bearer" }).end();
    });
    const driver = new StdioDriver(program(url));
    const discovered = await driver.request("server/discover", { _meta: META });
    expect(discovered.result?.["capabilities"]).toMatchObject({ prompts: {}, completions: {} });
    const { result } = await driver.request("prompts/list", { _meta: META });
    expect((result?.["prompts"] as { name: string }[]).map(({ name }) => name)).toEqual(OWN);
    expect(result).toMatchObject({ resultType: "complete" });
    const got = await driver.request("prompts/get", {
      name: "image-audit",
      arguments: { path: 7 },
      _meta: META
    });
    expect(got.error?.message).toMatch(/path must be a string/);
    await driver.kill();
  });
});
