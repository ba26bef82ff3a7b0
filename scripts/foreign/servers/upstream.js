/**
 * The identity provider behind an OAuth proxy, with one client that has a secret, one user, and JWTs that
 * identify the user.
 */
import express from "express";
import { authenticateHandler, mcpAuthRouter, MemoryOAuthServerModel, OAuthServer } from "mcp-oauth-server";
import { page } from "./form.js";

export const CLIENT = { id: "proxy", secret: "the secret of the proxy" };

/** @returns the URLs of its endpoints */
export async function startUpstream(redirectUri, ttl) {
  const app = express();
  const server = await new Promise((resolve) => {
    const listening = app.listen(0, "127.0.0.1", () => resolve(listening));
  });
  const base = new URL(`http://127.0.0.1:${server.address().port}`);
  const model = new MemoryOAuthServerModel();
  await model.registerClient({
    client_id: CLIENT.id,
    client_secret: CLIENT.secret,
    client_secret_expires_at: 0,
    client_id_issued_at: 0,
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: "client_secret_post"
  });
  const provider = new OAuthServer({
    model,
    issuerUrl: base,
    authorizationUrl: new URL("/consent", base),
    scopesSupported: ["openid", "profile"],
    strictResource: false,
    accessTokenLifetime: ttl
  });
  app.use(mcpAuthRouter({ provider }));
  app.get("/consent", (req, res) => res.send(page("Consent", "/confirm", req.query, { yes: "Allow" })));
  app.use("/confirm", authenticateHandler({ provider, getUser: () => "robin", rateLimit: false }));
  app.get("/verify", async (req, res) => {
    const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? "")?.[1] ?? "";
    const info = await provider.verifyAccessToken(token).catch(() => undefined);
    res.status(info ? 200 : 401).json(info ?? {});
  });
  return {
    authorize: new URL("/authorize", base).href,
    token: new URL("/token", base).href,
    revoke: new URL("/revoke", base).href,
    verify: new URL("/verify", base).href
  };
}
