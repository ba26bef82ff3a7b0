import type { Dispatcher } from "undici";
import { UnreachableError, UsageError } from "../errors.ts";
import { skippingInformational } from "./informational-responses.ts";
import { type Env, type Proxy, proxyFor } from "./proxy.ts";
import { Pool, ProxyAgent } from "./undici.ts";

export interface TunnelOptions {
  env: Env;
  /** How long a proxy may take to connect, in milliseconds. */
  connectTimeoutMs: number;
}

/** The proxies that the environment names, each opened when first needed. */
export class Tunnels {
  #agents = new Map<string, ProxyAgent>();

  constructor(private readonly options: TunnelOptions) {}

  /**
   * The route to a URL; undefined if it needs no proxy.
   * @throws UsageError if the variable doesn't hold a proxy URL
   */
  to(url: URL): Dispatcher | undefined {
    const proxy = find(url, this.options.env);
    if (!proxy) return undefined;
    const agent = this.#agents.get(proxy.variable) ?? this.#open(proxy);
    this.#agents.set(proxy.variable, agent);
    return agent;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#agents.values()].map((agent) => agent.destroy()));
  }

  #open(proxy: Proxy): ProxyAgent {
    const token = credentials(proxy);
    return new ProxyAgent({
      uri: proxy.url.href,
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(token !== undefined && { token }),
      factory: (origin, options: Pool.Options) => new Pool(origin, withSkipping(options)),
      clientFactory: (origin, options) => this.#poolTo(proxy, origin, options)
    });
  }

  /**
   * Opens the connections to the proxy itself. Replaces undici's errors, which don't say that the proxy
   * failed, and which make undici retry forever if the proxy hangs up.
   */
  #poolTo(proxy: Proxy, origin: URL, options: object): Dispatcher {
    const pool = new Pool(origin, { ...options, headersTimeout: this.options.connectTimeoutMs });
    const connect = pool.connect.bind(pool);
    return Object.assign(pool, {
      async connect(target: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
        const data = await connect(target).catch((error: unknown) =>
          Promise.reject(notReached(proxy, error))
        );
        if (data.statusCode === 200) return data;
        data.socket.on("error", () => undefined).destroy();
        throw refused(proxy, hostOf(target), data.statusCode);
      }
    });
  }
}

/** Makes connections through a proxy skip informational responses. The agent sets `connect` to a function. */
function withSkipping(options: Pool.Options): Pool.Options {
  const { connect } = options;
  return typeof connect === "function" ? { ...options, connect: skippingInformational(connect) } : options;
}

function find(url: URL, env: Env): Proxy | undefined {
  try {
    return proxyFor(url, env);
  } catch (error) {
    throw unusable((error as Error).message, error);
  }
}

/** Returns the proxy's credentials, if any. Unlike undici, accepts a user name without a password. */
function credentials({ variable, url: { username, password } }: Proxy): string | undefined {
  if (!username && !password) return undefined;
  try {
    const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(text).toString("base64")}`;
  } catch (error) {
    throw unusable(`${variable} does not hold the URL of a proxy.`, error);
  }
}

function unusable(message: string, cause: unknown): UsageError {
  return new UsageError(message, { hint: "Write it as http://host:port, or unset it.", cause });
}

function hostOf({ path }: Dispatcher.ConnectOptions): string {
  return path.replace(/:\d+$/, "");
}

function refused({ variable, url }: Proxy, host: string, status: number): UnreachableError {
  const hint =
    status === 407
      ? `Put the user name and password into ${variable}: http://user:password@${url.host}.`
      : `Allow this host in the proxy, or bypass it: export NO_PROXY=${host}`;
  const what = `The proxy ${url.host} (${variable}) does not connect to ${host}: it answered ${status}.`;
  return new UnreachableError(what, { hint });
}

function notReached({ variable, url }: Proxy, cause: unknown): UnreachableError {
  const { code = String(cause) } = cause as { code?: string };
  return new UnreachableError(`The proxy ${url.host} (${variable}) cannot be reached (${code}).`, {
    hint: `Correct or unset ${variable}; \`imgwire doctor\` tells you more.`,
    cause
  });
}
