import { lookup as resolveName, type LookupAddress } from "node:dns";
import type { LookupFunction } from "node:net";
import { setFlagsFromString } from "node:v8";
import {
  Agent,
  buildConnector,
  type Dispatcher,
  fetch as undiciFetch,
  request as undiciRequest
} from "undici";
import { exchange, type ExchangeOptions, type HttpResponse } from "./exchange.ts";
import { skippingInformational } from "./informational.ts";
import type { Env } from "./proxy.ts";
import { Tunnels } from "./tunnels.ts";
import { addressRefused, isPrivateHost, isPublicAddress } from "./url.ts";

/**
 * Who named a URL. The user may point the program at any address. One that a server named (metadata,
 * presigned and download URLs) must not make this machine talk to its own or its network's addresses, unless
 * the hosted URL that the user configured is itself such an address.
 */
export type UrlOrigin = "user" | "server";

/** The options of undici's `request`, less what is decided here. */
export type HttpRequestOptions = Omit<NonNullable<Parameters<typeof undiciRequest<null>>[1]>, "dispatcher">;
export type StreamedResponse = Dispatcher.ResponseData<null>;

/**
 * The program's only way to the network: proxies, private CAs, time limits and address rules are decided
 * here.
 */
export interface Http {
  /**
   * Makes one request to a URL of the user's, for messages; redirects are never followed.
   * @throws as {@link request}
   */
  exchange(url: URL, options: ExchangeOptions): Promise<HttpResponse>;
  /**
   * Makes one request, for what is streamed; redirects are never followed.
   * @throws ImgwireError `address_refused` for a URL a server named that leads to a non-public address;
   *   UnreachableError where a proxy does not connect, before anything has been sent; UsageError where a
   *   variable does not hold the URL of a proxy; undici's errors
   */
  request(url: URL, origin: UrlOrigin, options?: HttpRequestOptions): Promise<StreamedResponse>;
  /**
   * The same as a WHATWG fetch for libraries that want one: for URLs that a server named, redirects not
   * followed.
   */
  fetch(input: string, init?: object): Promise<Response>;
  /** Drops every connection. */
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 10_000;

/**
 * What comes with connections must not take memory for nothing. undici parses with a small WebAssembly
 * module: optimising it takes 25 MB at its peak and keeps 10, and makes nothing here measurably faster. And
 * nearly everything here lives for one message, so a larger young generation is not faster either; but a
 * burst would grow it, by 25 MB, and it does not shrink again. A Node that does not take flags any more goes
 * on as before.
 */
setFlagsFromString("--liftoff-only");
setFlagsFromString("--semi-space-growth-factor=1");

/**
 * Creates the HTTP client. `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` (either case) are taken from `env`;
 * `NODE_EXTRA_CA_CERTS` is read by Node itself at start.
 * @param allowPrivate whether servers may name private and loopback addresses too; see {@link allowsPrivate}
 */
export function createHttp(env: Env, allowPrivate: boolean): Http {
  const direct = createAgent(undefined);
  const guarded = allowPrivate ? direct : createAgent(publicLookup);
  const tunnels = new Tunnels({ env, connectTimeoutMs: CONNECT_TIMEOUT_MS });
  const wayTo = (url: URL, origin: UrlOrigin): Dispatcher => {
    if (origin === "server" && !allowPrivate && isPrivateHost(url.hostname))
      throw addressRefused(url.hostname);
    return tunnels.to(url) ?? (origin === "server" ? guarded : direct);
  };
  return {
    async exchange(url, options) {
      return exchange(wayTo(url, "user"), url, options);
    },
    async request(url, origin, options = {}) {
      return undiciRequest<null>(url, { ...options, dispatcher: wayTo(url, origin) });
    },
    async fetch(input, init = {}) {
      const dispatcher = wayTo(new URL(input), "server");
      const response = await undiciFetch(input, { ...init, redirect: "manual", dispatcher });
      return response;
    },
    async close() {
      await Promise.all([...new Set([direct, guarded])].map((each) => each.destroy()));
      await tunnels.close();
    }
  };
}

/** Whether a hosted URL is itself a private or loopback address, so that what it names may be one too. */
export function allowsPrivate(hosted: URL): boolean {
  return isPrivateHost(hosted.hostname);
}

function createAgent(lookup: LookupFunction | undefined): Agent {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, ...(lookup && { lookup }) });
  return new Agent({ connect: skippingInformational(connect), headersTimeout: 0, bodyTimeout: 0 });
}

/** Resolves names as usual and refuses the connection when any address it might use is not a public one. */
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
