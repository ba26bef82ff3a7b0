/** The proxy that requests go through, and the variable that says so. */
export interface Proxy {
  variable: string;
  url: URL;
}

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for a URL, by the variables that curl and most programs go by: in lower case before upper case, the one
 * for plain http also where there is none for https.
 * @throws TypeError when the variable holds no URL
 */
export function proxyFor({ hostname, port, protocol }: URL, env: Env): Proxy | undefined {
  const set = (...names: string[]): string | undefined => names.find((name) => env[name] !== undefined);
  const candidates = [
    protocol === "https:" && set("https_proxy", "HTTPS_PROXY"),
    set("http_proxy", "HTTP_PROXY")
  ];
  const variable = candidates.find((name) => name && env[name]);
  if (!variable || isExempt(hostname, port || (protocol === "https:" ? "443" : "80"), env)) return undefined;
  return { variable, url: new URL(env[variable] ?? "") };
}

/** Whether `NO_PROXY` names a host: itself, a domain above it, with or without a port, or everything. */
function isExempt(hostname: string, port: string, env: Env): boolean {
  const entries = (env["no_proxy"] ?? env["NO_PROXY"] ?? "")
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean);
  return entries.some((entry) => {
    if (entry === "*") return true;
    const [, host = "", only] = /^(.+?)(?::(\d+))?$/.exec(entry) ?? [];
    const domain = host.replace(/^\*?\./, "");
    return (!only || only === port) && (hostname === domain || hostname.endsWith(`.${domain}`));
  });
}
