import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler, inputRequired, McpServer as ModernServer } from "@modelcontextprotocol/server";
import { McpServer as LegacyServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { ElicitResultSchema } from "@modelcontextprotocol/sdk/types.js";

export const ENVIRONMENTS = [
  { id: "11111111-1111-4111-8111-111111111111", name: "production" },
  { id: "22222222-2222-4222-8222-222222222222", name: "staging" }
];

/** How a schema can offer a choice (MCP 2025-11-25, elicitation); `enumNames` is the older way. */
export const FORMS = {
  enumNames: {
    type: "string" as const,
    title: "Environment",
    enum: ENVIRONMENTS.map(({ id }) => id),
    enumNames: ENVIRONMENTS.map(({ name }) => name)
  },
  oneOf: {
    type: "string" as const,
    title: "Environment",
    oneOf: ENVIRONMENTS.map(({ id, name }) => ({ const: id, title: name }))
  },
  names: { type: "string" as const, enum: ENVIRONMENTS.map(({ name }) => name) }
};

/**
 * A hosted server that ignores the header `X-Environment-Id`: every call of `work` asks for an Environment.
 */
export interface AskingServer {
  url: string;
  /** The `X-Environment-Id` that each call of `work` carried. */
  headers: (string | undefined)[];
  /** The answers to its question, in order of arrival. */
  answers: unknown[];
  close(): Promise<void>;
}

type Answer = { action: string; content?: Record<string, unknown> | undefined };

export async function startAskingServer(
  era: "legacy" | "modern",
  form: keyof typeof FORMS
): Promise<AskingServer> {
  const headers: (string | undefined)[] = [];
  const answers: unknown[] = [];
  const question = {
    message: "Which Imgwire Environment should this connection be linked to?",
    requestedSchema: {
      type: "object" as const,
      properties: { environment_id: FORMS[form] },
      required: ["environment_id"]
    }
  };
  const worked = (answer: Answer) => {
    answers.push(answer);
    if (answer.action === "accept")
      return { content: [{ type: "text" as const, text: String(answer.content?.["environment_id"]) }] };
    return { isError: true, content: [{ type: "text" as const, text: "No Environment was chosen." }] };
  };
  const handle = era === "legacy" ? legacy(question, worked) : modern(question, worked);
  const server = createServer((req, res) => {
    void readBody(req).then((body) => {
      const { method, params } = (body ?? {}) as { method?: string; params?: { name?: string } };
      if (method === "tools/call" && params?.name === "work")
        headers.push(req.headers["x-environment-id"] as string | undefined);
      return handle(req, res, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    headers,
    answers,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  };
}

interface Question {
  message: string;
  requestedSchema: {
    type: "object";
    properties: { environment_id: (typeof FORMS)[keyof typeof FORMS] };
    required: string[];
  };
}
type Handler = (
  req: IncomingMessage,
  res: Parameters<StreamableHTTPServerTransport["handleRequest"]>[1],
  body: unknown
) => unknown;

const WHOAMI = {
  user: { id: "u" },
  organization: { id: "o", name: "Org" },
  environments: ENVIRONMENTS,
  linked_environment: null
};
const whoami = () => ({
  content: [{ type: "text" as const, text: JSON.stringify(WHOAMI) }],
  structuredContent: WHOAMI
});

function legacy(question: Question, worked: (answer: Answer) => ReturnType<typeof Object>): Handler {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const open = async (): Promise<StreamableHTTPServerTransport> => {
    const server = new LegacyServer({ name: "asking", version: "1.0.0" });
    server.registerTool("whoami", {}, () => whoami());
    server.registerTool("work", {}, async (extra) => {
      if (!server.server.getClientCapabilities()?.elicitation)
        return worked({ action: "not asked" }) as never;
      const request = { method: "elicitation/create" as const, params: question };
      return worked(await extra.sendRequest(request, ElicitResultSchema)) as never;
    });
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => void sessions.set(id, transport)
    });
    await server.connect(transport);
    return transport;
  };
  return async (req, res, body) => {
    const known = sessions.get(String(req.headers["mcp-session-id"]));
    await (known ?? (await open())).handleRequest(req, res, body);
  };
}

function modern(question: Question, worked: (answer: Answer) => ReturnType<typeof Object>): Handler {
  const handler = createMcpHandler(
    () => {
      const server = new ModernServer({ name: "asking", version: "1.0.0" });
      server.registerTool("whoami", {}, () => whoami());
      server.registerTool("work", {}, (ctx) => {
        const envelope = JSON.stringify(ctx.mcpReq.envelope ?? {});
        if (!envelope.includes("elicitation")) return worked({ action: "not asked" }) as never;
        const { environment } = (ctx.mcpReq.inputResponses ?? {}) as { environment?: Answer };
        if (environment) return worked(environment) as never;
        return inputRequired({ inputRequests: { environment: inputRequired.elicit(question) } });
      });
      return server;
    },
    { legacy: "reject" }
  );
  const handle = toNodeHandler(handler);
  return (req, res, body) => handle(req as Parameters<typeof handle>[0], res, body);
}

async function readBody(req: IncomingMessage): Promise<unknown> {
  let body = "";
  for await (const chunk of req.setEncoding("utf8")) body += chunk as string;
  return body === "" ? undefined : JSON.parse(body);
}
