import express from "express";
import {
  approveDeviceAuthorizationHandler,
  authenticateHandler,
  DEVICE_AUTHORIZATION_GRANT_TYPE,
  getOAuthProtectedResourceMetadataUrl,
  mcpAuthRouter,
  OAuthServer,
  requireBearerAuth
} from "mcp-oauth-server";
import { page } from "./form.js";
import { answerMcp } from "./tools.js";

const base = new URL(`http://127.0.0.1:${process.env.PORT}`);
const mcpUrl = new URL("/mcp", base);
const provider = new OAuthServer({
  issuerUrl: base,
  authorizationUrl: new URL("/consent", base),
  deviceAuthorizationUrl: new URL("/activate", base),
  devicePollIntervalSeconds: 1,
  scopesSupported: ["mcp:tools"],
  grantTypes: ["authorization_code", "refresh_token", DEVICE_AUTHORIZATION_GRANT_TYPE],
  accessTokenLifetime: Number(process.env.TTL)
});
const user = { provider, getUser: () => "robin", rateLimit: false };

const app = express();
app.use(mcpAuthRouter({ provider, resourceServerUrl: mcpUrl }));
app.use(express.urlencoded());
app.use(express.json());
app.get("/consent", (req, res) => res.send(page("Consent", "/confirm", req.query, { yes: "Allow" })));
app.use("/confirm", authenticateHandler(user));
app.get("/activate", (_, res) =>
  res.send(page("Device", "/activate", { user_code: null }, { yes: "Confirm" }))
);
app.use("/activate", approveDeviceAuthorizationHandler(user));
app.all(
  "/mcp",
  requireBearerAuth({
    verifier: provider,
    requiredScopes: ["mcp:tools"],
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(mcpUrl),
    resource: mcpUrl
  }),
  (req, res) => answerMcp(req, res, req.body)
);
app.listen(Number(process.env.PORT), "127.0.0.1");
