import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { codeOf, ImgwireError, messageOf } from "../errors.ts";
import { settleWithin } from "../system/timeout.ts";
import {
  notAvailablePage,
  notFoundPage,
  type Page,
  PAGE_HEADERS,
  renderPage,
  staleLinkPage,
  usedLinkPage
} from "./result-page.ts";

/** The loopback server that the browser is redirected to (RFC 8252 section 7.3). */
export interface CallbackServer {
  /** `http://127.0.0.1:<port>/callback`, with the literal address. */
  redirectUri: string;
  /**
   * Handles the one callback that carries `state`; any other gets an explanatory page and changes nothing.
   * @param state the `state` of the authorization request
   * @param handle validates and redeems the callback while the browser waits
   */
  accept(state: string, handle: (parameters: URLSearchParams) => Promise<CallbackAnswer>): void;
  /**
   * Closes the port immediately, and all connections within half a second.
   * @returns once the pages in progress have been sent, or after half a second
   */
  close(): Promise<void>;
}

/** The response to a callback. */
export interface CallbackAnswer {
  page: Page;
  /** Called once the page has been sent, or the browser has disconnected. */
  sent: () => void;
}

/** Which port to listen on. */
export interface PortChoice {
  /** The port to listen on; 0 for any. */
  port: number;
  /** True if no other port may be used instead. */
  exact: boolean;
}

const HOST = "127.0.0.1";
const PATH = "/callback";
const CLOSE_TIMEOUT_MS = 500;
/** A browser needs one or two. The limit keeps others from using up the process's file descriptors. */
const MAX_CONNECTIONS = 32;
const REQUEST_TIMEOUT_MS = 10_000;

/**
 * Listens for the callback, on 127.0.0.1 only.
 * @throws ImgwireError `callback_port_taken` if the exact port is not free
 */
export async function listenForCallback(
  choice: PortChoice = { port: 0, exact: false }
): Promise<CallbackServer> {
  let expected: Expected | undefined;
  const answering = new Set<Promise<unknown>>();
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const closed = once(response, "close").finally(() => answering.delete(closed));
    answering.add(closed);
    void answer(request, portOf(server), expected).then(({ page, sent }) => {
      response.once("close", sent);
      response.writeHead(page.status, PAGE_HEADERS).end(renderPage(page));
    });
  });
  boundConnections(server);
  await bind(server, choice);
  return {
    redirectUri: `http://${HOST}:${portOf(server)}${PATH}`,
    accept: (state, handle) => (expected = { state, handle, used: false }),
    async close() {
      server.close();
      setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS).unref();
      await settleWithin(CLOSE_TIMEOUT_MS, Promise.all(answering));
    }
  };
}

/** The port in a redirect URI; undefined if it names none. */
export function portOfRedirect(redirectUri: string | undefined): number | undefined {
  const port = redirectUri && URL.canParse(redirectUri) ? Number(new URL(redirectUri).port) : 0;
  return port || undefined;
}

interface Expected {
  state: string;
  handle: (parameters: URLSearchParams) => Promise<CallbackAnswer>;
  used: boolean;
}

/** Drops the oldest idle connection if there are too many. The browser's is either the newest or not idle. */
function boundConnections(server: Server): void {
  const idle = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    idle.add(socket);
    socket.once("close", () => idle.delete(socket));
    const [oldest] = idle;
    if (idle.size > MAX_CONNECTIONS) oldest?.destroy();
  });
  server.on("request", ({ socket }: IncomingMessage) => idle.delete(socket));
}

async function bind(server: Server, { port, exact }: PortChoice): Promise<void> {
  const attempt = (each: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: HOST, port: each, exclusive: true }, () => {
        server.off("error", reject);
        resolve();
      });
    });
  await attempt(port).catch((error: unknown) => {
    if (port !== 0 && !exact) return attempt(0);
    throw new ImgwireError(
      "callback_port_taken",
      `Port ${port} is not free (${codeOf(error) || messageOf(error)}).`,
      {
        hint: "Close the program that uses it, or set IMGWIRE_CALLBACK_PORT to another port that your OAuth client allows.",
        cause: error
      }
    );
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo | null)?.port ?? 0;
}

async function answer(
  request: IncomingMessage,
  port: number,
  expected: Expected | undefined
): Promise<CallbackAnswer> {
  const rejected = rejectRequest(request, port);
  if (rejected) return toAnswer(rejected);
  const parameters = new URL(request.url ?? "/", `http://${HOST}`).searchParams;
  const states = parameters.getAll("state");
  if (!expected || states.length !== 1 || states[0] !== expected.state) {
    return toAnswer(staleLinkPage());
  }
  if (expected.used) {
    return toAnswer(usedLinkPage());
  }
  expected.used = true;
  return expected.handle(parameters);
}

/**
 * Rejects everything but GET /callback. To prevent DNS rebinding, `Host` and, if sent, `Origin` must be our
 * own address.
 */
function rejectRequest({ method, url, headers }: IncomingMessage, port: number): Page | undefined {
  const own = `${HOST}:${port}`;
  const isForeign =
    headers.host !== own || (headers.origin !== undefined && headers.origin !== `http://${own}`);
  if (isForeign) return notAvailablePage("This page is for the browser on this computer.");
  if (!URL.canParse(url ?? "", `http://${own}`) || new URL(url ?? "", `http://${own}`).pathname !== PATH) {
    return notFoundPage();
  }
  return method === "GET" ? undefined : notAvailablePage("This page can only be opened by a browser.");
}

function toAnswer(page: Page): CallbackAnswer {
  return { page, sent: () => undefined };
}
