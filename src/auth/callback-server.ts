import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { failurePage, type Page, PAGE_HEADERS, renderPage } from "./result-page.ts";

/** The callback of a loopback sign-in: where the browser comes back to (RFC 8252 section 7.3). */
export interface Listener {
  /** `http://127.0.0.1:<port>/callback`, with the literal address. */
  redirectUri: string;
  /**
   * Waits for the one callback that carries `state`; others are answered and change nothing.
   * @param state what the authorization request carried
   * @param handle judges and redeems the callback while the browser waits
   */
  accept(state: string, handle: (parameters: URLSearchParams) => Promise<Answer>): void;
  /** Closes the port at once, and within half a second every connection, idle ones included. */
  close(): void;
}

/** The answer to the callback. */
export interface Answer {
  page: Page;
  /** Called when the page is with the browser, or the browser is gone. */
  sent: () => void;
}

const HOST = "127.0.0.1";
const PATH = "/callback";
const LINGER_MS = 500;

/**
 * Listens on 127.0.0.1, and on nothing else, for the callback.
 * @param preferredPort the port of an earlier registration; another one is taken when it is not free
 */
export async function listen(preferredPort = 0): Promise<Listener> {
  let callback: Callback | undefined;
  const server = createServer((request, response) => {
    void answer(request, portOf(server), callback).then(({ page, sent }) => {
      response.once("close", sent);
      response.writeHead(page.status, PAGE_HEADERS).end(renderPage(page));
    });
  });
  await bind(server, preferredPort);
  return {
    redirectUri: `http://${HOST}:${portOf(server)}${PATH}`,
    accept: (state, handle) => (callback = { state, handle, used: false }),
    close() {
      server.close();
      setTimeout(() => server.closeAllConnections(), LINGER_MS).unref();
    }
  };
}

/** The port of a redirect URI made here; undefined for any other. */
export function portOfRedirect(redirectUri: string | undefined): number | undefined {
  const port = redirectUri && URL.canParse(redirectUri) ? Number(new URL(redirectUri).port) : 0;
  return port || undefined;
}

interface Callback {
  state: string;
  handle: (parameters: URLSearchParams) => Promise<Answer>;
  used: boolean;
}

async function bind(server: Server, port: number): Promise<void> {
  const attempt = (each: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: HOST, port: each, exclusive: true }, () => {
        server.off("error", reject);
        resolve();
      });
    });
  await attempt(port).catch((error: NodeJS.ErrnoException) => {
    if (port === 0) throw error;
    return attempt(0);
  });
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo | null)?.port ?? 0;
}

async function answer(
  request: IncomingMessage,
  port: number,
  callback: Callback | undefined
): Promise<Answer> {
  const refused = rejectRequest(request, port);
  if (refused) return toAnswer(refused);
  const parameters = new URL(request.url ?? "/", `http://${HOST}`).searchParams;
  const states = parameters.getAll("state");
  if (!callback || states.length !== 1 || states[0] !== callback.state) {
    return toAnswer(
      failurePage("This answer does not belong to the sign-in that was started here. It was ignored.")
    );
  }
  if (callback.used) return toAnswer(failurePage("This sign-in link was used already.", 409));
  callback.used = true;
  return callback.handle(parameters);
}

/** Only a browser that was sent here asks GET /callback of 127.0.0.1; a page of another site cannot (DNS rebinding). */
function rejectRequest({ method, url, headers }: IncomingMessage, port: number): Page | undefined {
  const own = `${HOST}:${port}`;
  const foreign =
    headers.host !== own || (headers.origin !== undefined && headers.origin !== `http://${own}`);
  if (foreign) return failurePage("This address is only for the browser on this computer.", 403);
  if (!URL.canParse(url ?? "", `http://${own}`) || new URL(url ?? "", `http://${own}`).pathname !== PATH) {
    return failurePage("There is nothing here.", 404);
  }
  return method === "GET" ? undefined : failurePage("Only GET is possible here.", 403);
}

function toAnswer(page: Page): Answer {
  return { page, sent: () => undefined };
}
