import { connect, createServer, type Socket } from "node:net";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { BROWSER } from "../../support/program.ts";
import { User } from "../../support/login.ts";
import { type Script, ScriptedService } from "../../support/scripted-service.ts";
import { visit } from "../../support/sessions.ts";

let service: ScriptedService;
let user: User;
afterEach(async () => {
  await service.stop();
  await user.remove();
});

async function begin(script: Partial<Script> = {}, env: Record<string, string> = {}): Promise<void> {
  service = await ScriptedService.start(script);
  user = await User.create({ IMGWIRE_MCP_URL: service.mcpUrl, ...env });
}

/** The code of the JSON error on stdout. */
function errorOf({ stdout }: { stdout: string }): string {
  return (JSON.parse(stdout) as { error: { code: string } }).error.code;
}

/** The status that a callback is answered with. */
async function answerTo(
  url: URL,
  options: { method?: string; headers?: Record<string, string> } = {}
): Promise<number> {
  const sent = request(url, { ...options, agent: false });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode ?? 0;
}

describe("imgwire login", () => {
  it("passes the browser a single argument and says where the sign-in is stored [auth.links-checked]", async () => {
    await begin();
    const login = await user.login();
    await expect.poll(() => user.opened()).toEqual([[login.link.href]]);
    await visit(login.link.href);
    expect(await login.exited).toBe(0);
    expect(login.stdout).toContain(join(user.folder, "state", "tokens"));
  });

  it.each([
    "javascript:alert(1)//",
    "file:///etc/passwd",
    "vscode://open",
    "\\\\host\\share",
    "--renderer-cmd-prefix=sh",
    "https://as.example/$(touch${IFS}CANARY)",
    "https://as.example/`id`",
    "https://user@as.example/authorize",
    "http://as.example/authorize"
  ])("opens nothing for the authorization endpoint %s [auth.links-checked]", async (endpoint) => {
    await begin({ server: () => service.serverMetadata({ authorization_endpoint: endpoint }) });
    const outcome = await user.run(["login", "--json"]);
    expect(outcome.code).toBe(1);
    expect(errorOf(outcome)).toBe("url_refused");
    expect(user.opened()).toEqual([]);
    expect(service.to("/register")).toEqual([]);
  });

  it.each(["javascript:alert(1)", "http://192.0.2.1/device"])(
    "opens nothing for the verification URL %s [auth.links-checked]",
    async (address) => {
      await begin({
        server: () => service.serverMetadata({ device_authorization_endpoint: `${service.issuer}/device` }),
        device: () => ({
          json: { device_code: "CANARY-device", user_code: "A-B", verification_uri: address }
        })
      });
      const outcome = await user.run(["login", "--device", "--json"]);
      expect(errorOf(outcome)).toBe("url_refused");
      expect(user.opened()).toEqual([]);
    }
  );

  it.each([
    ["wrong", "https://evil.example"],
    ["missing", undefined],
    ["spelled differently", "slash"]
  ])("redeems no code if iss is %s [auth.issuer-checked]", async (_, iss) => {
    await begin({ callback: () => ({ iss: iss === "slash" ? `${service.issuer}/` : iss }) }, { BROWSER });
    const outcome = await user.run(["login", "--json"]);
    expect(outcome.code).toBe(1);
    expect(errorOf(outcome)).toBe("callback_refused");
    expect(service.to("/token")).toEqual([]);
  });

  it.each<[string, () => Partial<Script>]>([
    ["issuer_mismatch", () => ({ server: () => service.serverMetadata({ issuer: "http://127.0.0.1:1" }) })],
    [
      "resource_mismatch",
      () => ({
        resource: () => ({ resource: "https://evil.example/mcp", authorization_servers: [service.issuer] })
      })
    ],
    [
      "pkce_unsupported",
      () => ({ server: () => service.serverMetadata({ code_challenge_methods_supported: ["plain"] }) })
    ]
  ])("stops before opening the browser on %s [auth.metadata-checked]", async (code, script) => {
    await begin(script());
    const outcome = await user.run(["login", "--json"]);
    expect(errorOf(outcome)).toBe(code);
    expect(user.opened()).toEqual([]);
  });

  it("ignores callbacks that don't belong to the sign-in [auth.callback-genuine]", async () => {
    await begin();
    const login = await user.login();
    const forged = login.callback({ code: "CANARY-forged" });
    const other = new URL("/other", login.redirectUri);
    expect(await answerTo(login.callback({ code: "x", state: "wrong" }))).toBe(400);
    expect(await answerTo(login.callback({ error: "access_denied", state: "" }))).toBe(400);
    expect(await answerTo(forged, { headers: { host: "rebound.example" } })).toBe(403);
    expect(await answerTo(forged, { headers: { origin: "https://evil.example" } })).toBe(403);
    expect(await answerTo(forged, { method: "POST" })).toBe(403);
    expect(await answerTo(other)).toBe(404);
    await visit(login.link.href);
    expect(await login.exited).toBe(0);
    expect(service.to("/token").map(({ parameters }) => parameters["code"])).toEqual(["CANARY-code"]);
  });

  it("redeems a code once and closes the listener within a second [auth.code-redeemed-once]", async () => {
    await begin({ token: () => "hang" });
    const login = await user.login();
    const first = answerTo(login.callback({ code: "CANARY-code", iss: service.issuer })).catch(() => 0);
    await expect.poll(() => service.to("/token").length).toBe(1);
    expect(await answerTo(login.callback({ code: "CANARY-code", iss: service.issuer }))).toBe(409);
    expect(service.to("/token")).toHaveLength(1);
    login.child.kill("SIGINT");
    expect(await login.exited).toBe("SIGINT");
    await first;
    await expect(answerTo(login.callback({ code: "late" }))).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("reuses its registration and port, and registers again if the port is taken [auth.registration-kept]", async () => {
    await begin();
    const port = async (): Promise<string> => {
      const login = await user.login();
      await visit(login.link.href);
      await login.exited;
      expect(login.redirectUri.hostname).toBe("127.0.0.1");
      return login.redirectUri.port;
    };
    const first = await port();
    expect(await port()).toBe(first);
    expect(service.to("/register")).toHaveLength(1);
    const squatter = createServer().listen(Number(first), "127.0.0.1");
    await once(squatter, "listening");
    expect(await port()).not.toBe(first);
    expect(service.to("/register")).toHaveLength(2);
    squatter.close();
  });

  it("completes a sign-in while 64 idle sockets are open on its listener [auth.callback-connections-bounded]", async () => {
    await begin();
    const login = await user.login();
    const sockets: Socket[] = [];
    const { port } = login.redirectUri;
    for (let count = 0; count < 64; count++) sockets.push(connect(Number(port), "127.0.0.1"));
    await Promise.all(sockets.map((socket) => once(socket.resume(), "connect")));
    await visit(login.link.href);
    expect(await login.exited).toBe(0);
    for (const socket of sockets) socket.destroy();
  });

  it.each([
    "/token",
    "/register",
    "/.well-known/oauth-authorization-server",
    "/.well-known/oauth-protected-resource/mcp"
  ])("doesn't follow a redirect from %s to another origin [auth.no-redirects]", async (path) => {
    await begin({}, { BROWSER });
    const elsewhere = await ScriptedService.start();
    const location = `${elsewhere.issuer}/stolen`;
    const moved = { status: 307, headers: { location } };
    if (path === "/token") service.script.token = () => moved;
    else if (path === "/register") service.script.register = () => moved;
    else service.redirect(path, location);
    const outcome = await user.run(["login"]);
    expect(outcome.code).not.toBe(0);
    expect(elsewhere.arrived).toEqual([]);
    await elsewhere.stop();
  });

  it("registers with a new authorization server and sends it nothing from the old one [auth.new-issuer-sees-nothing]", async () => {
    await begin({}, { BROWSER });
    expect((await user.run(["login"])).code).toBe(0);
    const next = await ScriptedService.start();
    service.script.resource = () => ({
      resource: new URL("/", service.mcpUrl).href,
      authorization_servers: [next.issuer]
    });
    next.script.register = () => ({ status: 201, body: JSON.stringify({ client_id: "new-client" }) });
    expect((await user.run(["login"])).code).toBe(0);
    expect(next.to("/register")).toHaveLength(1);
    expect(next.to("/authorize").map(({ parameters }) => parameters["client_id"])).toEqual(["new-client"]);
    const sent = JSON.stringify(next.arrived);
    expect(sent).not.toContain("CANARY-refresh");
    expect(sent).not.toContain("client-1");
    await next.stop();
  });

  it("shows no secret anywhere, even with debug output [auth.no-secret-shown]", async () => {
    await begin({}, { BROWSER, IMGWIRE_CLIENT_ID: "pre", IMGWIRE_CLIENT_SECRET: "CANARY-secret" });
    const log = join(user.folder, "log");
    const flags = ["--log-level", "debug", "--log-file", log];
    const outcomes = [await user.run(["login", ...flags]), await user.run(["login", "--json", ...flags])];
    service.script.token = () => ({
      status: 400,
      body: '{"error":"invalid_grant","error_description":"no"}'
    });
    outcomes.push(
      await user.run(["login", "--json", ...flags]),
      await user.run(["logout", "--json", ...flags])
    );
    await writeFile(log, "", { flag: "a" });
    const said = [...outcomes.map(({ stdout, stderr }) => stdout + stderr), await readFile(log, "utf8")].join(
      "\n"
    );
    expect(service.to("/token")).toHaveLength(3);
    expect(said).not.toContain("CANARY");
  });

  it.each([
    ["--timeout", "0"],
    ["--timeout", "soon"],
    ["--timeout", "999999"]
  ])("refuses `imgwire login %s %s`", async (flag, value) => {
    await begin();
    expect((await user.run(["login", flag, value])).code).toBe(2);
  });

  it("times out if nobody completes the sign-in, and says what to type", async () => {
    await begin();
    const outcome = await user.run(["login", "--timeout", "1"]);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toContain("imgwire login");
  });

  it("frees the port and leaves nothing behind on Ctrl-C", async () => {
    await begin();
    const login = await user.login();
    login.child.kill("SIGINT");
    expect(await login.exited).toBe("SIGINT");
    await expect(answerTo(login.redirectUri)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect((await readdir(join(user.folder, "state"))).filter((name) => name.endsWith(".lock"))).toEqual([]);
  });
});
