import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../process.ts";

/** The host of the hosted server, which only a proxy can resolve. */
export const HOST = "mcp.example.test";
/** The user of the squid that requires a password. */
export const USER = "robin:secret";
const START_TIMEOUT_MS = 60_000;

/** A running proxy. */
export interface RunningProxy {
  port: number;
  stop: () => Promise<void>;
}

/** A company's certificate authority, and a certificate for a host. */
export class Authority {
  readonly folder = mkdtempSync(join(tmpdir(), "imgwire-ca-"));
  readonly certificate = join(this.folder, "ca.pem");

  /** @param name the host in the certificate: `DNS:` and a name, or `IP:` and an address */
  constructor(name = `DNS:${HOST}`) {
    const key = ["-newkey", "rsa:2048", "-nodes"];
    const ca = ["-subj", "/CN=Company CA", "-keyout", join(this.folder, "ca.key"), "-out", this.certificate];
    this.#openssl("req", "-x509", "-days", "2", ...key, ...ca);
    const files = ["-keyout", join(this.folder, "host.key"), "-out", join(this.folder, "host.csr")];
    this.#openssl("req", "-subj", "/CN=host", ...key, ...files);
    writeFileSync(join(this.folder, "names"), `subjectAltName=${name}\n`);
    const by = ["-CA", this.certificate, "-CAkey", join(this.folder, "ca.key"), "-CAcreateserial"];
    const names = ["-extfile", join(this.folder, "names"), "-out", join(this.folder, "host.pem")];
    this.#openssl("x509", "-req", "-days", "2", "-in", join(this.folder, "host.csr"), ...by, ...names);
  }

  file(name: string): string {
    return join(this.folder, name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { stdio: "ignore" });
  }
}

/**
 * Starts squid.
 * @param rules the access rules of its configuration
 */
export async function startSquid(rules: readonly string[]): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), "imgwire-squid-"));
  const port = await freePort();
  writeFileSync(join(folder, "hosts"), `127.0.0.1 ${HOST}\n`);
  const hash = execFileSync("openssl", ["passwd", "-apr1", USER.split(":")[1] ?? ""], { encoding: "utf8" });
  writeFileSync(join(folder, "passwords"), `${USER.split(":")[0]}:${hash}`);
  const lines = [
    `http_port 127.0.0.1:${port}`,
    `pid_filename ${folder}/squid.pid`,
    `hosts_file ${folder}/hosts`,
    `access_log none`,
    `cache_log ${folder}/cache.log`,
    `coredump_dir ${folder}`,
    "cache deny all",
    "shutdown_lifetime 0 seconds",
    `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${folder}/passwords`,
    ...rules
  ];
  writeFileSync(join(folder, "squid.conf"), `${lines.join("\n")}\n`);
  // Squid switches from root to the user `proxy`.
  chmodSync(folder, 0o777);
  const child = spawn("squid", ["-N", "-f", join(folder, "squid.conf")], { stdio: "ignore" });
  await listens(child, port);
  return running(child, port, folder);
}

/** Starts mitmproxy, which decrypts all traffic. `certificate` is the file of its own authority. */
export async function startMitmproxy(): Promise<RunningProxy & { certificate: string }> {
  const folder = mkdtempSync(join(tmpdir(), "imgwire-mitm-"));
  const port = await freePort();
  const script = join(folder, "resolve.py");
  const code = `if data.server.address[0] == "${HOST}": data.server.address = ("127.0.0.1", data.server.address[1])`;
  writeFileSync(script, `def server_connect(data):\n    ${code}\n`);
  const options = ["--ssl-insecure", "--set", `confdir=${folder}`, "--set", "connection_strategy=lazy", "-q"];
  const args = ["--listen-host", "127.0.0.1", "--listen-port", String(port), ...options, "-s", script];
  const child = spawn("mitmdump", args, { stdio: "ignore" });
  await listens(child, port);
  const certificate = join(folder, "mitmproxy-ca-cert.pem");
  while (!existsSync(certificate)) await delay(50);
  return { ...running(child, port, folder), certificate };
}

function running(child: ChildProcess, port: number, folder: string): RunningProxy {
  return {
    port,
    async stop() {
      if (child.exitCode === null) {
        child.kill();
        await once(child, "exit");
      }
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  };
}

async function listens(child: ChildProcess, port: number): Promise<void> {
  const until = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isUp = await Promise.race([
      once(socket, "connect").then(() => true),
      once(socket, "error").then(() => false)
    ]).catch(() => false);
    socket.destroy();
    if (isUp) return;
    if (child.exitCode !== null || Date.now() > until) throw new Error("The proxy did not start.");
    await delay(100);
  }
}
