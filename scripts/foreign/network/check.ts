import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { encode } from "fast-png";
import { isOnPath } from "../../program.ts";
import { type Hosted, startHosted } from "../hosted.ts";
import { debianVersion, NotInstallableError } from "../install.ts";
import type { Check } from "../sign-in.ts";
import { textOf, User } from "../user.ts";
import { Authority, HOST, startMitmproxy, startSquid, USER } from "./proxies.ts";

/** The time within which every call must be answered, whatever the outcome. */
const ANSWER_TIMEOUT_MS = 40_000;

type RunCheck = (name: string, act: () => Promise<void>) => Promise<void>;

/** A network between the program and its hosted server, and the checks of the program's behaviour in it. */
export interface NetworkService {
  id: string;
  name: string;
  /** The Debian package whose version the table shows; undefined if Node itself simulates the network. */
  package?: string;
  program?: string;
  run: (check: RunCheck) => Promise<void>;
}

export const NETWORKS: readonly NetworkService[] = [
  { id: "squid", name: "squid, with a private CA", package: "squid", program: "squid", run: behindSquid },
  { id: "mitmproxy", name: "mitmproxy", package: "mitmproxy", program: "mitmdump", run: behindMitmproxy },
  { id: "ipv6", name: "IPv6 only", run: onIpv6 },
  { id: "captive-portal", name: "a captive portal that answers 200 with HTML", run: behindPortal },
  { id: "silent", name: "connections that die silently", run: onDyingConnections }
];

export async function checkNetwork({
  package: shown,
  program,
  run
}: NetworkService): Promise<{ version: string; checks: Check[] }> {
  if (program !== undefined && !isOnPath(program))
    throw new NotInstallableError(`${program} is missing (Debian package ${shown})`);
  const checks: Check[] = [];
  await run(async (name, act) => {
    const failed = await act().then(
      () => undefined,
      (error: Error) => error.message
    );
    checks.push({ name, ...(failed !== undefined && { failed }) });
  });
  return { version: shown ? debianVersion(shown) : "", checks };
}

async function behindSquid(check: RunCheck): Promise<void> {
  const authority = new Authority();
  const hosted = await startHosted({ name: HOST, tls: tlsOf(authority) });
  const [open, closed, locked] = await Promise.all([
    startSquid(["http_access allow all"]),
    startSquid(["http_access deny all"]),
    startSquid(["acl known proxy_auth REQUIRED", "http_access allow known", "http_access deny all"])
  ]);
  const env = (proxy: string): Record<string, string> => ({
    HTTPS_PROXY: proxy,
    NODE_EXTRA_CA_CERTS: authority.certificate
  });
  try {
    await check("call", () => calls(hosted, env(`http://127.0.0.1:${open.port}`)));
    await check("upload", () => uploads(hosted, env(`http://127.0.0.1:${open.port}`)));
    await check("without the CA's certificate", () =>
      refuses(hosted, { HTTPS_PROXY: `http://127.0.0.1:${open.port}` }, /certificate/i)
    );
    await check("with a password", () => calls(hosted, env(`http://${USER}@127.0.0.1:${locked.port}`)));
    await check("with a wrong password", () =>
      refuses(hosted, env(`http://robin:wrong@127.0.0.1:${locked.port}`), /407|proxy/i)
    );
    await check("with all access denied", () =>
      refuses(hosted, env(`http://127.0.0.1:${closed.port}`), /403|proxy/i)
    );
  } finally {
    await Promise.all([open.stop(), closed.stop(), locked.stop(), hosted.close()]);
    authority.remove();
  }
}

async function behindMitmproxy(check: RunCheck): Promise<void> {
  const authority = new Authority();
  const hosted = await startHosted({ name: HOST, tls: tlsOf(authority) });
  const proxy = await startMitmproxy();
  const HTTPS_PROXY = `http://127.0.0.1:${proxy.port}`;
  const trusted = { HTTPS_PROXY, NODE_EXTRA_CA_CERTS: proxy.certificate };
  try {
    await check("call", () => calls(hosted, trusted));
    await check("upload", () => uploads(hosted, trusted));
    await check("without its certificate", () => refuses(hosted, { HTTPS_PROXY }, /certificate/i));
  } finally {
    await Promise.all([proxy.stop(), hosted.close()]);
    authority.remove();
  }
}

async function onIpv6(check: RunCheck): Promise<void> {
  const hosted = await startHosted({ address: "::1" });
  try {
    await check("call", () => calls(hosted, {}));
    await check("upload", () => uploads(hosted, {}));
  } finally {
    await hosted.close();
  }
}

/** A captive portal, which returns its page for every request. */
async function behindPortal(check: RunCheck): Promise<void> {
  const portal = createServer((_req, res) => {
    res.writeHead(200, { "content-type": "text/html" }).end("<html><h1>Welcome to our Wi-Fi</h1></html>");
  });
  await new Promise<void>((resolve) => portal.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(portal.address() as AddressInfo).port}/mcp`;
  const says = /web page/;
  try {
    await check("call", () => refuses({ url }, {}, says));
    await check("sign-in", () => fails(url, {}, ["login"], says));
    await check("doctor", () => fails(url, {}, ["doctor"], says));
  } finally {
    portal.closeAllConnections();
    portal.close();
  }
}

/** A network in which idle connections silently stop carrying data. */
async function onDyingConnections(check: RunCheck): Promise<void> {
  const hosted = await startHosted();
  const sockets = new Set<Socket>();
  const between = createTcpServer((socket) => {
    const onward = connect(Number(new URL(hosted.url).port), "127.0.0.1");
    for (const [from, to] of [
      [socket, onward],
      [onward, socket]
    ] as const) {
      sockets.add(from);
      from.on("error", () => undefined);
      from.on("close", () => to.destroy());
      from.pipe(to);
    }
  });
  await new Promise<void>((resolve) => between.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(between.address() as AddressInfo).port}/mcp`;
  const user = new User(url, { IMGWIRE_ACCESS_TOKEN: "foreign" });
  try {
    await check("call after a pause", async () => {
      const agent = await user.agent();
      await answered(agent.call("retrieve_image", { image_id: "a" }), /READY/);
      for (const socket of sockets) socket.unpipe().pause();
      // Longer than undici keeps an idle connection. Routers forget idle connections, not active ones.
      await delay(6_000);
      await answered(agent.call("retrieve_image", { image_id: "a" }), /READY/);
    });
  } finally {
    await user.remove();
    for (const socket of sockets) socket.destroy();
    between.close();
    await hosted.close();
  }
}

function tlsOf(authority: Authority): { key: string; cert: string } {
  const read = (name: string): string => readFileSync(authority.file(name), "utf8");
  return { key: read("host.key"), cert: read("host.pem") };
}

async function calls({ url }: Pick<Hosted, "url">, env: Record<string, string>): Promise<void> {
  await withAgent(url, env, (call) => answered(call, /READY/));
}

/** Checks that a call fails in time and reports the reason. */
async function refuses(
  { url }: Pick<Hosted, "url">,
  env: Record<string, string>,
  says: RegExp
): Promise<void> {
  await withAgent(url, env, (call) => answered(call, says));
}

async function withAgent(
  url: string,
  env: Record<string, string>,
  look: (call: Promise<string>) => Promise<void>
): Promise<void> {
  const user = new User(url, { IMGWIRE_ACCESS_TOKEN: "foreign", ...env });
  try {
    const agent = await user.agent();
    await look(agent.call("retrieve_image", { image_id: "a" }).then(textOf));
  } finally {
    await user.remove();
  }
}

async function answered(call: Promise<unknown>, says: RegExp): Promise<void> {
  const late = delay(ANSWER_TIMEOUT_MS, undefined, { ref: false }).then(() => "nothing in time");
  const said = JSON.stringify(await Promise.race([call, late]));
  if (!says.test(said)) throw new Error(`The answer was: ${said.slice(0, 500)}`);
}

async function uploads(hosted: Hosted, env: Record<string, string>): Promise<void> {
  const user = new User(hosted.url, { IMGWIRE_ACCESS_TOKEN: "foreign", ...env });
  try {
    const bytes = Buffer.from(
      encode({ width: 300, height: 300, data: randomBytes(300 * 300 * 3), channels: 3 })
    );
    const path = join(user.folder, "image.png");
    writeFileSync(path, bytes);
    const { code, stderr } = await user.run(["upload", path]);
    if (code !== 0) throw new Error(stderr);
    if (!hosted.stored?.equals(bytes)) throw new Error("The stored bytes differ.");
  } finally {
    await user.remove();
  }
}

async function fails(
  url: string,
  env: Record<string, string>,
  args: readonly string[],
  says: RegExp
): Promise<void> {
  const user = new User(url, env);
  try {
    const { code, stdout, stderr } = await user.run(args);
    if (code === 0 || code === null || !says.test(stdout + stderr))
      throw new Error(`exit code ${code}: ${stdout}${stderr}`);
  } finally {
    await user.remove();
  }
}
