import { X509Certificate } from "node:crypto";
import { lookup } from "node:dns/promises";
import { connect, isIP } from "node:net";
import { createFetch } from "../../../auth/fetch.ts";
import { parseBearerChallenge } from "../../../auth/bearer-challenge.ts";
import { discover } from "../../../auth/discovery.ts";
import { codeOf, ImgwireError, messageOf, webPage } from "../../../errors.ts";
import { proxyFor } from "../../../system/proxy.ts";
import { readTextFile } from "../../../system/read.ts";
import { type Check, type CheckContext, pass, type CheckResult } from "./check.ts";

const CONNECT_TIMEOUT_MS = 5_000;

/** Error codes of Node and OpenSSL for an untrusted certificate. */
const UNTRUSTED =
  /^(?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|ERR_TLS_CERT|HOSTNAME_MISMATCH|ERR_SSL_|EPROTO)/;

/** The checks of the connection to Imgwire. */
export const NETWORK_CHECKS: readonly Check[] = [
  { id: "dns", title: "DNS", run: checkName },
  { id: "proxy", title: "Proxy", run: checkProxy },
  { id: "ca", title: "Certificates", needs: ["dns", "proxy"], run: checkCertificates },
  { id: "network", title: "Server", needs: ["ca"], run: checkContact },
  { id: "discovery", title: "OAuth discovery", needs: ["network"], run: checkDiscovery },
  { id: "clock", title: "Clock", needs: ["network"], run: checkClock }
];

async function checkName({ deps }: CheckContext): Promise<CheckResult> {
  const { url } = deps.settings;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  if (isIP(host)) return pass(`${host} is an IP address.`);
  if (usable(() => proxyFor(url, deps.io.env))) return pass("Resolved by the proxy.");
  try {
    const addresses = await lookup(host, { all: true });
    return pass(`${host}: ${addresses.map(({ address }) => address).join(", ")}.`);
  } catch (error) {
    const message = `Can't look up ${host} (${codeOf(error) || "unknown error"}).`;
    return {
      status: "fail",
      message,
      fix: `Check the network connection and IMGWIRE_MCP_URL; try: nslookup ${host}`
    };
  }
}

async function checkProxy({ deps }: CheckContext): Promise<CheckResult> {
  const { url } = deps.settings;
  const proxy = usable(() => proxyFor(url, deps.io.env));
  if (proxy === undefined) return pass("None.");
  if (proxy === "invalid") return unusable("A proxy variable isn't a URL.", "HTTPS_PROXY", url);
  const { hostname, port, protocol, host } = proxy.url;
  const problem = await reach(
    hostname.replace(/^\[|\]$/g, ""),
    Number(port) || (protocol === "https:" ? 443 : 80)
  );
  if (problem === undefined) return pass(`${proxy.variable}: ${host} answers.`);
  return unusable(`${proxy.variable}: can't reach ${host} (${problem}).`, proxy.variable, url);
}

function unusable(message: string, variable: string, { hostname }: URL): CheckResult {
  const fix = `Fix it, or don't use a proxy: unset ${variable}, or export NO_PROXY=${hostname}`;
  return { status: "fail", message, fix };
}

function usable<T>(find: () => T): T | "invalid" {
  try {
    return find();
  } catch {
    return "invalid";
  }
}

/** Connects to a port. Returns undefined if something is listening, otherwise the problem. */
function reach(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const done = (problem?: string): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.once("connect", () => done());
    socket.once("timeout", () => done("ETIMEDOUT"));
    socket.once("error", (error) => done(codeOf(error) || "unknown error"));
  });
}

async function checkCertificates({ deps, findings }: CheckContext): Promise<CheckResult> {
  const file = deps.io.env["NODE_EXTRA_CA_CERTS"];
  const problem = file && certificateProblem(file);
  if (problem) {
    const message = `NODE_EXTRA_CA_CERTS is ${file}, ${problem}.`;
    return {
      status: "fail",
      message,
      fix: "Use a readable PEM file: export NODE_EXTRA_CA_CERTS=<file>"
    };
  }
  const extra = file ? ` ${file} is trusted too.` : "";
  if (deps.settings.url.protocol === "http:")
    return pass(`Not needed for plain http on this machine.${extra}`);
  const refused = await findings.contact().then(
    () => undefined,
    (error: unknown) => (UNTRUSTED.test(codeOf(error)) ? codeOf(error) : undefined)
  );
  if (refused === undefined) return pass(`Certificate trusted.${extra}`);
  return {
    status: "fail",
    message: `The certificate of ${deps.settings.url.host} isn't trusted (${refused}).`,
    fix: "Behind a company's proxy, trust its CA: export NODE_EXTRA_CA_CERTS=<its PEM file>"
  };
}

function certificateProblem(file: string): string | undefined {
  try {
    const text = readTextFile(file);
    if (text === undefined) return "which doesn't exist";
    new X509Certificate(text);
    return undefined;
  } catch (error) {
    const unread = ["file_refused", "file_unreadable"].includes(codeOf(error));
    return unread
      ? `which can't be read: ${messageOf(error).replace(/\.$/, "")}`
      : "which contains no certificate";
  }
}

async function checkContact({ deps, findings }: CheckContext): Promise<CheckResult> {
  const { url } = deps.settings;
  try {
    const { status, isWebPage } = await findings.contact();
    if (status < 300 && isWebPage) {
      const { message, hint = "" } = webPage(url.href);
      return { status: "fail", message, fix: hint };
    }
    if (status < 400 || [401, 403].includes(status)) return pass(`${url.href} answers.`);
    const fix =
      status >= 500 || status === 429 ? "Try again later." : "Check the address: IMGWIRE_MCP_URL, or --url.";
    return { status: "fail", message: `${url.href} answers with status ${status}.`, fix };
  } catch (error) {
    const message = `Can't reach ${url.href}: ${(error as Error).message || codeOf(error)}.`;
    const hint = error instanceof ImgwireError ? error.hint : undefined;
    return {
      status: "fail",
      message: message.replace("..", "."),
      fix: hint ?? `Check your connection, firewall and IMGWIRE_MCP_URL; try: curl -I ${url.href}`
    };
  }
}

async function checkDiscovery({ deps, findings, signal }: CheckContext): Promise<CheckResult> {
  if (deps.settings.accessToken) return pass("Not needed: IMGWIRE_ACCESS_TOKEN is set.");
  const { wwwAuthenticate } = await findings.contact();
  const ask = createFetch(await deps.http(), signal);
  const { server } = await discover(ask, deps.settings.url, parseBearerChallenge(wwwAuthenticate));
  const ways = server.device_authorization_endpoint ? "with a browser or a code" : "with a browser";
  return pass(`Sign in at ${server.issuer} ${ways}.`);
}

const MAX_GOOD_SKEW_MS = 60_000;
const MAX_WARNED_SKEW_MS = 5 * 60_000;

async function checkClock({ deps, findings }: CheckContext): Promise<CheckResult> {
  const { serverTime, localTime } = await findings.contact();
  if (serverTime === undefined) return pass("Imgwire sent no time to compare with.");
  const skew = localTime - serverTime;
  if (Math.abs(skew) <= MAX_GOOD_SKEW_MS) return pass("Clock in sync.");
  const minutes = Math.round(Math.abs(skew) / 60_000);
  const message = `${minutes} min ${skew > 0 ? "ahead" : "behind"}.`;
  const status = Math.abs(skew) > MAX_WARNED_SKEW_MS ? "fail" : "warn";
  return { status, message, fix: CLOCK_FIX[deps.io.platform] ?? "Set the clock." };
}

const CLOCK_FIX: Partial<Record<NodeJS.Platform, string>> = {
  linux: "Set it: sudo timedatectl set-ntp true",
  darwin: "Set it: sudo sntp -sS time.apple.com",
  win32: "Set it: w32tm /resync"
};
