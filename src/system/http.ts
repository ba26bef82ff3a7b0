import { lookup as resolveName, type LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { setFlagsFromString } from "node:v8";
import type { Dispatcher } from "undici";
import { exchange, type ExchangeOptions, type HttpResponse } from "./exchange.ts";
import { skippingInformational } from "./informational-responses.ts";
import type { Env } from "./proxy.ts";
import { Tunnels } from "./tunnels.ts";
import { Agent, buildConnector, fetch as undiciFetch } from "./undici.ts";
import { addressRefused, isPrivateHost, isPublicAddress } from "./url.ts";

/**
 * Who named a URL. The user may point the program at any address. A URL that a server named (metadata,
 * presigned and download URLs) must not make this machine connect to itself or its own network, unless the
 * configured hosted URL is itself such an address.
 */
export type UrlOrigin = "user" | "server";

/** undici's `request` options, without those decided here. */
export type HttpRequestOptions = Partial<Omit<Dispatcher.RequestOptions<null>, "origin" | "path">>;
export type StreamedResponse = Dispatcher.ResponseData<null>;

/**
 * The program's only way to the network. Proxies, private CAs, timeouts and address rules are decided here.
 */
export interface Http {
  /**
   * Makes one request to a URL that the user named and holds the response in memory; never follows redirects.
   * @throws as {@link request}
   */
  exchange(url: URL, options: ExchangeOptions): Promise<HttpResponse>;
  /**
   * Makes one request with a streamed response; never follows redirects.
   * @throws ImgwireError `address_refused` for a URL that a server named and that leads to a non-public
   *   address; UnreachableError if a proxy doesn't connect, before anything is sent; UsageError if a variable
   *   doesn't hold a proxy URL; undici's errors
   */
  request(url: URL, origin: UrlOrigin, options?: HttpRequestOptions): Promise<StreamedResponse>;
  /** A WHATWG fetch for libraries that want one: for URLs that a server named; doesn't follow redirects. */
  fetch(input: string, init?: object): Promise<Response>;
  /** Closes all connections immediately. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Memory settings of V8. undici's parser is a small WebAssembly module: optimising it takes 25 MB at its
 * peak, keeps 10 MB, and makes nothing here measurably faster. Almost all objects live for one message, so a
 * larger young generation isn't faster either, but a burst would grow it by 25 MB permanently. A Node that no
 * longer knows the flags ignores them.
 */
setFlagsFromString("--liftoff-only");
setFlagsFromString("--semi-space-growth-factor=1");

/**
 * Creates the HTTP client. Reads `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (either case) from `env`; Node
 * itself reads `NODE_EXTRA_CA_CERTS` at start.
 * @param allowPrivate whether servers may name private and loopback addresses too; see {@link allowsPrivate}
 */
export function createHttp(env: Env, allowPrivate: boolean): Http {
  const direct = createAgent(undefined);
  const guarded = allowPrivate ? direct : createAgent(publicLookup);
  const tunnels = new Tunnels({ env, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  const dispatcherFor = (url: URL, origin: UrlOrigin): Dispatcher => {
    if (origin === "server" && !allowPrivate && isPrivateHost(url.hostname))
      throw addressRefused(url.hostname);
    return tunnels.to(url) ?? (origin === "server" ? guarded : direct);
  };
  // All messages go to the endpoint, whose URL is always the same object, so determine its dispatcher once.
  const dispatchers = new WeakMap<URL, Dispatcher>();
  return {
    async exchange(url, options) {
      const dispatcher = dispatchers.get(url) ?? dispatcherFor(url, "user");
      dispatchers.set(url, dispatcher);
      return exchange(dispatcher, url, options);
    },
    async request(url, origin, options = {}) {
      const target = { origin: url.origin, path: url.pathname + url.search };
      return dispatcherFor(url, origin).request<null>({ method: "GET", ...options, ...target });
    },
    async fetch(input, init = {}) {
      const dispatcher = dispatcherFor(new URL(input), "server");
      const response = await undiciFetch(input, { ...init, redirect: "manual", dispatcher });
      return response;
    },
    async close() {
      await Promise.all([...new Set([direct, guarded])].map((each) => each.destroy()));
      await tunnels.close();
    }
  };
}

/** Whether a hosted URL is a private or loopback address, so that the URLs it names may be, too. */
export function allowsPrivate(hosted: URL): boolean {
  return isPrivateHost(hosted.hostname);
}

function createAgent(lookup: LookupFunction | undefined): Agent {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, ...(lookup && { lookup }) });
  return new Agent({ connect: skippingInformational(connect), headersTimeout: 0, bodyTimeout: 0 });
}

/** Resolves a name as usual, but refuses to connect if any of its addresses isn't public. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  resolveName(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, "", 0);
    if (!addresses.every(({ address }) => isPublicAddress(address)))
      return callback(addressRefused(hostname), "", 0);
    if (options.all) return callback(null, addresses);
    const [first] = addresses;
    callback(null, first?.address ?? "", first?.family ?? 0);
  });
};
