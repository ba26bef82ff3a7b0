import { createServer } from "node:http";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { oauthDeviceAuthorization, oauthProvider } from "@better-auth/oauth-provider";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";
import { createLocalJWKSet, jwtVerify } from "jose";
import { page } from "./form.js";
import { answerMcp, readBody } from "./tools.js";

const base = `http://127.0.0.1:${process.env.PORT}`;
const mcpUrl = `${base}/mcp`;
const user = { email: "robin@example.com", password: "correct horse battery staple" };
const auth = betterAuth({
  baseURL: base,
  secret: "a secret of the counterpart, long enough for it",
  database: new DatabaseSync(join(process.env.STATE, "better-auth.sqlite")),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  disabledPaths: ["/token"],
  plugins: [
    jwt(),
    oauthProvider({
      loginPage: "/sign-in",
      consentPage: "/consent",
      scopes: ["openid", "profile", "email", "offline_access"],
      accessTokenExpiresIn: Number(process.env.TTL),
      allowDynamicClientRegistration: true,
      allowUnauthenticatedClientRegistration: true,
      resources: [mcpUrl],
      clientRegistrationDefaultResources: [mcpUrl],
      clientRegistrationAllowedResources: [mcpUrl]
    }),
    oauthDeviceAuthorization({ verificationUri: `${base}/device`, interval: "1s" })
  ]
});
const { runMigrations } = await getMigrations(auth.options);
await runMigrations();
await auth.api.signUpEmail({ body: { name: "Robin", ...user } }).catch(() => undefined);

const handle = toNodeHandler(auth);
const html = (res, text) => res.writeHead(200, { "content-type": "text/html" }).end(text);

/** Calls an endpoint of the library as the page's script would, and follows the response. */
async function act(req, res, path, body) {
  const response = await fetch(`${base}/api/auth${path}`, {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/json", origin: base, cookie: req.headers.cookie ?? "" },
    body: JSON.stringify(body)
  });
  const said = await response.json().catch(() => ({}));
  const location = response.headers.get("location") ?? said.url ?? said.redirect_uri ?? said.redirectURI;
  const headers = { "set-cookie": response.headers.getSetCookie() };
  if (location) return res.writeHead(302, { ...headers, location }).end();
  res.writeHead(response.status, { ...headers, "content-type": "text/plain" }).end(JSON.stringify(said));
}

async function serveMcp(req, res) {
  const token = /^Bearer (.+)$/.exec(req.headers.authorization ?? "")?.[1];
  const keys = createLocalJWKSet(await auth.api.getJwks());
  const options = { audience: mcpUrl };
  const isValid = token && (await jwtVerify(token, keys, options).catch(() => undefined));
  if (isValid) return answerMcp(req, res, await readBody(req));
  const metadata = `${base}/.well-known/oauth-protected-resource/mcp`;
  res.writeHead(401, { "www-authenticate": `Bearer resource_metadata="${metadata}"` }).end();
}

const json = (res, value) =>
  res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));

const server = createServer(async (req, res) => {
  const url = new URL(req.url, base);
  const query = url.search.slice(1);
  const asked = `${req.method} ${url.pathname}`;
  if (url.pathname === "/mcp") return serveMcp(req, res);
  if (url.pathname.startsWith("/.well-known/oauth-protected-resource"))
    return json(res, { resource: mcpUrl, authorization_servers: [`${base}/api/auth`] });
  if (url.pathname.startsWith("/.well-known/oauth-authorization-server"))
    return json(res, await auth.api.getOAuthServerConfig());
  const back = `${url.pathname}${url.search}`;
  if (asked === "GET /sign-in") return html(res, page("Sign in", back, {}, { yes: "Sign in" }));
  if (asked === "POST /sign-in") return act(req, res, "/sign-in/email", { ...user, oauth_query: query });
  if (asked === "GET /consent") return html(res, page("Consent", back, {}, { yes: "Allow" }));
  if (asked === "POST /consent")
    return act(req, res, "/oauth2/consent", { accept: true, oauth_query: query });
  if (asked === "GET /device")
    return html(res, page("Device", "/device", { user_code: null }, { yes: "Confirm" }));
  if (asked === "POST /device") return approveDevice(req, res, await readBody(req));
  return handle(req, res);
});
server.listen(Number(process.env.PORT), "127.0.0.1");

/** The device page requires an account to be signed in first. */
async function approveDevice(req, res, { user_code: userCode }) {
  const { headers } = await auth.api.signInEmail({ body: user, returnHeaders: true });
  const cookie = headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  req.headers.cookie = cookie;
  await fetch(`${base}/api/auth/device?user_code=${encodeURIComponent(userCode)}`, { headers: { cookie } });
  return act(req, res, "/device/approve", { userCode });
}
