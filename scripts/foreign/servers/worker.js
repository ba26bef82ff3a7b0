/* global Response */
import { OAuthProvider } from "@cloudflare/workers-oauth-provider";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { McpAgent } from "agents/mcp";
import { z } from "zod";

/** The MCP server, a Durable Object for each session. */
export class Counterpart extends McpAgent {
  server = new McpServer({ name: "counterpart", version: "1.0.0" });

  async init() {
    this.server.registerTool("echo", { inputSchema: { text: z.string() } }, ({ text }) => ({
      content: [{ type: "text", text }]
    }));
  }
}

/** The pages that an application provides: consent, as described in the library's documentation. */
const pages = {
  async fetch(req, env) {
    if (new URL(req.url).pathname !== "/authorize") return new Response("not found", { status: 404 });
    const oauth = env.OAUTH_PROVIDER;
    if (req.method === "GET") {
      const { headers, handle } = await oauth.beginConsent(await oauth.parseAuthRequest(req));
      headers.set("content-type", "text/html; charset=utf-8");
      const form = `<form method="post"><input type="hidden" name="handle" value="${handle}"><button name="decision" value="approve">Allow</button></form>`;
      return new Response(`<!doctype html><title>Consent</title>${form}`, { headers });
    }
    const form = await req.formData();
    const { request, headers } = await oauth.approveConsent(req, String(form.get("handle")), {});
    const { redirectTo } = await oauth.completeAuthorization({
      request,
      userId: "robin",
      metadata: {},
      scope: request.scope,
      props: { userId: "robin" }
    });
    headers.set("location", redirectTo);
    return new Response(null, { status: 302, headers });
  }
};

let provider;
export default {
  fetch(req, env, ctx) {
    provider ??= new OAuthProvider({
      apiRoute: "/mcp",
      apiHandler: Counterpart.serve("/mcp", { binding: "COUNTERPART" }),
      defaultHandler: pages,
      authorizeEndpoint: "/authorize",
      tokenEndpoint: "/oauth/token",
      clientRegistrationEndpoint: "/oauth/register",
      scopesSupported: ["mcp:read", "offline_access"],
      requiredScopes: ["mcp:read"],
      resourceMetadata: { resource: `${env.BASE}/mcp`, authorization_servers: [env.BASE] },
      accessTokenTTL: Number(env.TTL)
    });
    return provider.fetch(req, env, ctx);
  }
};
