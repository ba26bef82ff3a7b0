import { isIPv6 } from "node:net";

/** A proxy, and the variable that names it. */
export interface Proxy {
  variable: string;
  url: URL;
}

/** The environment's variables. */
export type Env = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL, by the same variables as curl: lower case before upper case, and the one for plain
 * http if there is none for https.
 * @throws TypeError if the variable doesn't hold a proxy URL
 */
export function proxyFor({ hostname, port, protocol }: URL, env: Env): Proxy | undefined {
  const set = (...names: string[]): string | undefined => names.find((name) => env[name] !== undefined);
  const candidates = [
    protocol === "https:" && set("https_proxy", "HTTPS_PROXY"),
    set("http_proxy", "HTTP_PROXY")
  ];
  const variable = candidates.find((name) => name && env[name]);
  if (!variable || isExempt(hostname, port || (protocol === "https:" ? "443" : "80"), env)) return undefined;
  return { variable, url: parse(variable, env[variable] ?? "") };
}

/**
 * Parses a proxy URL; like curl, accepts just host and port. Errors don't quote it: it may hold a password.
 */
function parse(variable: string, value: string): URL {
  const text = /^[^/]+:\d+\/?$/.test(value) ? `http://${value}` : value;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^(https?|socks5?):$/.test(url.protocol)) return url;
  throw new TypeError(`${variable} does not hold the URL of a proxy.`);
}

/** Whether `NO_PROXY` names a host: the host itself, a parent domain, with or without port, or everything. */
function isExempt(hostname: string, port: string, env: Env): boolean {
  const entries = (env["no_proxy"] ?? env["NO_PROXY"] ?? "")
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  return entries.some((entry) => {
    if (entry === "*") return true;
    if (isIPv6(entry)) return hostname === `[${entry}]`;
    const [, host = "", only] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
    const domain = host.replace(/^\*?\./, "");
    return (!only || only === port) && (hostname === domain || hostname.endsWith(`.${domain}`));
  });
}
