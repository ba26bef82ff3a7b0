/* global Buffer, URLSearchParams */
/**
 * Glewlwyd and an MCP server behind one origin. Glewlwyd's own sign-in pages are a JavaScript application, so
 * the form here calls the same API.
 */
import { execFileSync, spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { page } from "./form.js";
import { answerMcp, readBody } from "./tools.js";

const port = Number(process.env.PORT);
const base = `http://127.0.0.1:${port}`;
// `freePort` has made sure that the next port is free too.
const inner = port + 1;
const KEY = "the key of the counterpart, which is long enough for SHA-256";
const USER = { username: "robin@example.com", password: "correct horse battery staple" };
const metadata = `${base}/.well-known/oauth-protected-resource/mcp`;

const database = join(process.env.STATE, "glewlwyd.db");
const isNew = !existsSync(database);
if (isNew) {
  const script = "zcat /usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz | sqlite3";
  execFileSync("sh", ["-c", `${script} "$0"`, database]);
}
const modules = { user: "user", client: "client", user_auth_scheme: "scheme", plugin: "plugin" };
const config = join(process.env.STATE, "glewlwyd.conf");
writeFileSync(
  config,
  [
    `port=${inner}`,
    'bind_address="127.0.0.1"',
    `external_url="${base}"`,
    'login_url="login"',
    'api_prefix="api"',
    'static_files_path="/usr/share/glewlwyd/webapp/"',
    'log_mode="console"',
    'log_level="WARNING"',
    "cookie_secure=0",
    'session_key="SESSION"',
    'admin_scope="g_admin"',
    'profile_scope="g_profile"',
    ...Object.entries(modules).map(([name, folder]) => `${name}_module_path="/usr/lib/glewlwyd/${folder}"`),
    'hash_algorithm="SHA512"',
    `database={ type="sqlite3"; path="${database}"; };`,
    ""
  ].join("\n")
);
const child = spawn("glewlwyd", ["--config-file", config], { stdio: "inherit" });
child.on("exit", (code) => process.exit(code ?? 1));
process.on("SIGTERM", () => child.kill());
while (!(await api("GET", "/api/").catch(() => undefined))) await delay(100);
if (isNew) await setUp();
createServer((req, res) => void answer(req, res).catch(() => res.destroy())).listen(port, "127.0.0.1");

/** Sets up the OIDC plugin with open registration, and a user, as an administrator would do in the pages. */
async function setUp() {
  const cookie = sessionOf(await api("POST", "/api/auth/", { username: "admin", password: "password" }));
  const parameters = {
    iss: `${base}/api/oidc`,
    "jwt-type": "sha",
    "jwt-key-size": "256",
    key: KEY,
    "code-duration": 600,
    "access-token-duration": Number(process.env.TTL),
    "refresh-token-duration": 86_400,
    "refresh-token-one-use": "always",
    "allow-non-oidc": true,
    "auth-type-client-enabled": false,
    "auth-type-code-enabled": true,
    "auth-type-implicit-enabled": false,
    "auth-type-password-enabled": false,
    "auth-type-refresh-enabled": true,
    "auth-type-device-enabled": true,
    "device-authorization-expiration": 600,
    "device-authorization-interval": 1,
    "pkce-allowed": true,
    "introspection-revocation-allowed": true,
    "introspection-revocation-allow-target-client": true,
    "register-client-allowed": true,
    "register-client-auth-scope": [],
    "register-client-credentials-scope": [],
    "allowed-scope": ["openid"]
  };
  const plugin = { module: "oidc", name: "oidc", display_name: "OIDC", enabled: true, parameters };
  await api("POST", "/api/mod/plugin/", plugin, cookie);
  await api("POST", "/api/user/", { ...USER, name: "Robin", scope: ["openid"], enabled: true }, cookie);
}

/** @throws Error unless the request succeeds */
async function api(method, path, body, cookie) {
  const headers = { "content-type": "application/json", ...(cookie && { cookie }) };
  const init = { method, headers, ...(body && { body: JSON.stringify(body) }) };
  const response = await fetch(`http://127.0.0.1:${inner}${path}`, init);
  if (!response.ok && path !== "/api/")
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response;
}

function sessionOf(response) {
  return response.headers.getSetCookie().map((line) => line.split(";")[0])[0];
}

async function answer(req, res) {
  const { pathname, searchParams } = new URL(req.url, base);
  if (pathname === "/mcp") return mcp(req, res);
  if (pathname === "/login") return req.method === "POST" ? signIn(req, res) : login(searchParams, res);
  if (pathname === "/.well-known/oauth-protected-resource/mcp") {
    const resource = { resource: `${base}/mcp`, authorization_servers: [`${base}/api/oidc`] };
    return res.setHeader("content-type", "application/json").end(JSON.stringify(resource));
  }
  const onward = request({ port: inner, path: req.url, method: req.method, headers: req.headers }, (from) => {
    res.writeHead(from.statusCode, from.headers);
    from.pipe(res);
  });
  onward.on("error", () => res.destroy());
  req.pipe(onward);
}

async function mcp(req, res) {
  const [, token = ""] = /^Bearer (.+)$/.exec(req.headers.authorization ?? "") ?? [];
  if (isGood(token)) return answerMcp(req, res, await readBody(req));
  res.writeHead(401, { "www-authenticate": `Bearer resource_metadata="${metadata}", scope="openid"` }).end();
}

/** Whether an access token was signed by Glewlwyd and hasn't expired. */
function isGood(token) {
  const [header, payload, signature] = token.split(".");
  if (signature !== createHmac("sha256", KEY).update(`${header}.${payload}`).digest("base64url"))
    return false;
  const { exp, type } = JSON.parse(Buffer.from(payload, "base64url"));
  return type === "access_token" && exp * 1_000 > Date.now();
}

function login(query, res) {
  res.setHeader("content-type", "text/html");
  const { client_id, callback_url, prompt, scope } = Object.fromEntries(query);
  if (prompt === "deviceComplete") return res.end("<title>Done</title>");
  if (prompt === "device") return res.end(page("Device", "/login", { code: null }, { yes: "Continue" }));
  if (prompt) return res.writeHead(400).end(prompt);
  const fields = { client_id, callback_url, scope, username: null, password: null };
  res.end(page("Sign in", "/login", fields, { yes: "Allow" }));
}

async function signIn(req, res) {
  const { code, client_id, callback_url, scope, username, password } = await readBody(req);
  if (code)
    return res.writeHead(302, { location: `/api/oidc/device?${new URLSearchParams({ code })}` }).end();
  const signedIn = await api("POST", "/api/auth/", { username, password });
  await api("PUT", `/api/auth/grant/${client_id}`, { scope }, sessionOf(signedIn));
  const location = new URL(callback_url);
  location.searchParams.set("g_continue", "");
  res.writeHead(302, { location: location.href, "set-cookie": signedIn.headers.getSetCookie() }).end();
}
