import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** A request that the service received. */
export interface Arrived {
  method: string;
  at: "mcp" | "issuer";
  path: string;
  /** Query and form parameters together. */
  parameters: Record<string, string>;
  headers: IncomingMessage["headers"];
  body: string;
}

/** An answer: a status with headers, JSON with status 200, or none at all. */
export type Scripted =
  { status: number; headers?: Record<string, string>; body?: string } | { json: object } | "hang";

/** The parts of the service's behaviour that a test can replace; each is called for every request. */
export interface Script {
  /** Protected resource metadata. */
  resource: () => object;
  /** Authorization server metadata. */
  server: () => object;
  /** Parameters of the redirect back that replace `code`, `state` and `iss`; undefined ones are left out. */
  callback: (request: Arrived) => Record<string, string | undefined>;
  /** The authorization endpoint's answer; undefined redirects back. */
  authorize: (request: Arrived) => Scripted | undefined;
  token: (request: Arrived) => Scripted;
  revoke: (request: Arrived) => Scripted;
  /** Answers any other path of the issuer; undefined is 404. */
  other: (request: Arrived) => Scripted | undefined;
  device: (request: Arrived) => Scripted;
  register: (request: Arrived) => Scripted;
  /** Answers a request to the MCP endpoint that has a token. */
  mcp: (request: Arrived) => Scripted;
}

/**
 * A hosted service on two origins of 127.0.0.1 that answers as a test scripts it. It is for answers that the
 * sandbox, as a correct service, never gives.
 */
export class ScriptedService {
  readonly arrived: Arrived[] = [];
  readonly script: Script;
  readonly #servers: Server[];
  readonly #redirects = new Map<string, string>();
  readonly mcpUrl: string;
  readonly issuer: string;

  private constructor(servers: [Server, Server], changes: Partial<Script>) {
    this.#servers = servers;
    const [mcp, issuer] = servers.map(
      (server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    );
    this.mcpUrl = `${mcp}/mcp`;
    this.issuer = issuer ?? "";
    this.script = { ...this.#correct(), ...changes };
    servers[0].on("request", (req, res) => void this.#serve("mcp", req, res));
    servers[1].on("request", (req, res) => void this.#serve("issuer", req, res));
  }

  static async start(changes: Partial<Script> = {}): Promise<ScriptedService> {
    const servers: [Server, Server] = [createServer(), createServer()];
    await Promise.all(servers.map((server) => once(server.listen(0, "127.0.0.1"), "listening")));
    return new ScriptedService(servers, changes);
  }

  /** Valid authorization server metadata, changed by `more`. */
  serverMetadata(more: object = {}): object {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      registration_endpoint: `${this.issuer}/register`,
      revocation_endpoint: `${this.issuer}/revoke`,
      code_challenge_methods_supported: ["S256"],
      authorization_response_iss_parameter_supported: true,
      ...more
    };
  }

  /** Answers every request to a path with a redirect. */
  redirect(path: string, location: string): void {
    this.#redirects.set(path, location);
  }

  /** The requests to one path, on either origin. */
  to(path: string): Arrived[] {
    return this.arrived.filter((request) => request.path === path);
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    await Promise.all(this.#servers.map((server) => once(server, "close")));
  }

  #correct(): Script {
    let count = 0;
    return {
      resource: () => ({ resource: new URL("/", this.mcpUrl).href, authorization_servers: [this.issuer] }),
      server: () => this.serverMetadata(),
      callback: () => ({}),
      authorize: () => undefined,
      revoke: () => ({ status: 200 }),
      other: () => undefined,
      token: () => ({
        json: {
          access_token: `CANARY-access-${++count}`,
          refresh_token: `CANARY-refresh-${count}`,
          token_type: "Bearer",
          expires_in: 3_600
        }
      }),
      device: () => ({ status: 404 }),
      register: () => ({
        status: 201,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ client_id: `client-${this.to("/register").length}` })
      }),
      mcp: answerMcp
    };
  }

  async #serve(at: Arrived["at"], req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://127.0.0.1");
    const body = await text(req);
    const form = req.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ? body : "";
    const parameters = Object.fromEntries([...searchParams, ...new URLSearchParams(form)]);
    const request = { method: req.method ?? "", at, path: pathname, parameters, headers: req.headers, body };
    this.arrived.push(request);
    send(res, this.#answer(request));
  }

  #answer(request: Arrived): Scripted {
    const { script } = this;
    const location = this.#redirects.get(request.path);
    if (location !== undefined) return { status: 307, headers: { location } };
    if (request.at === "mcp") return this.#answerMcp(request);
    if (request.path === "/.well-known/oauth-authorization-server") return { json: script.server() };
    if (request.path === "/authorize") return script.authorize(request) ?? this.#redirect(request);
    if (request.path === "/token") return script.token(request);
    if (request.path === "/device") return script.device(request);
    if (request.path === "/register") return script.register(request);
    if (request.path === "/revoke") return script.revoke(request);
    return script.other(request) ?? { status: 404 };
  }

  #answerMcp(request: Arrived): Scripted {
    const { script } = this;
    if (request.path.startsWith("/.well-known/oauth-protected-resource")) return { json: script.resource() };
    if (request.path !== "/mcp") return { status: 404 };
    if (!request.headers.authorization) return { status: 401, headers: this.#challenge() };
    return script.mcp(request);
  }

  #challenge(): Record<string, string> {
    const place = new URL("/.well-known/oauth-protected-resource/mcp", this.mcpUrl);
    return { "www-authenticate": `Bearer resource_metadata="${place.href}"` };
  }

  #redirect(request: Arrived): Scripted {
    const { redirect_uri = "", state } = request.parameters;
    const back = new URL(redirect_uri);
    const parameters = { code: "CANARY-code", state, iss: this.issuer, ...this.script.callback(request) };
    for (const [name, value] of Object.entries(parameters)) {
      if (value !== undefined) back.searchParams.set(name, value);
    }
    return { status: 302, headers: { location: back.href } };
  }
}

/** The least of a legacy MCP server that a call needs. */
export function answerMcp({ method, body }: Arrived): Scripted {
  if (method !== "POST") return { status: 405 };
  const message = JSON.parse(body) as { id?: number; method: string };
  if (message.id === undefined) return { status: 202 };
  const { id } = message;
  const result = MCP_RESULTS[message.method];
  if (result) return { json: { jsonrpc: "2.0", id, result } };
  return { json: { jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } } };
}

const MCP_RESULTS: Record<string, object> = {
  initialize: {
    protocolVersion: "2025-11-25",
    capabilities: { tools: {} },
    serverInfo: { name: "scripted", version: "1.0.0" }
  },
  "tools/list": { tools: [{ name: "ping", inputSchema: { type: "object" } }] },
  "tools/call": { content: [{ type: "text", text: "pong" }] },
  ping: {}
};

function send(res: ServerResponse, answer: Scripted): void {
  if (answer === "hang") return;
  if ("json" in answer) {
    res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer.json));
    return;
  }
  res.writeHead(answer.status, answer.headers).end(answer.body);
}
