import { FastMCP } from "fastmcp";
import { OAuthProvider } from "fastmcp/auth";
import { z } from "zod";
import { CLIENT, startUpstream } from "./upstream.js";

const port = Number(process.env.PORT);
const baseUrl = `http://localhost:${port}`;
const upstream = await startUpstream(`${baseUrl}/oauth/callback`, Number(process.env.TTL));
const server = new FastMCP({
  name: "counterpart",
  version: "1.0.0",
  auth: new OAuthProvider({
    authorizationEndpoint: upstream.authorize,
    tokenEndpoint: upstream.token,
    tokenEndpointAuthMethod: "client_secret_post",
    clientId: CLIENT.id,
    clientSecret: CLIENT.secret,
    scopes: ["openid", "profile"],
    baseUrl
  })
});
server.addTool({
  name: "echo",
  description: "Returns the text",
  parameters: z.object({ text: z.string() }),
  execute: async ({ text }) => text
});
await server.start({ transportType: "httpStream", httpStream: { port, host: "localhost" } });
