import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { serveLegacy } from "./legacy.ts";
import { serveModern } from "./modern.ts";

/** An HTTP request as received by the server. */
export interface Seen {
  method: string | undefined;
  headers: IncomingMessage["headers"];
  /** The raw body. */
  text: string;
  body: { id?: string | number; method?: string; params?: Record<string, unknown> } | undefined;
}

/** A hosted server of one era, built with the official SDK and reachable over real HTTP. */
export interface Counterpart {
  url: string;
  seen: Seen[];
  /** The texts passed to the `note` tool: which calls really ran, in order. */
  notes: string[];
  /** Ids of the requests whose cancellation reached a handler. */
  cancelled: unknown[];
  subscribed: Set<string>;
  /** Legacy: forgets every session. */
  forget(): void;
  /** Adds a tool and sends a notification that the list has changed. */
  grow(): void;
  /** Sends a notification that a resource has changed. */
  touch(uri: string): void;
  /** Cuts every connection. */
  cut(): void;
  /** Intercepts requests; returns true if it answers the request itself. */
  intercept: ((req: IncomingMessage, res: ServerResponse, seen: Seen) => boolean) | undefined;
  close(): Promise<void>;
}

/** Starts a counterpart on the given port, or on any free one. */
export async function startCounterpart(era: "legacy" | "modern", port = 0): Promise<Counterpart> {
  const counterpart = {
    seen: [] as Seen[],
    notes: [] as string[],
    cancelled: [] as unknown[],
    subscribed: new Set<string>(),
    intercept: undefined as Counterpart["intercept"]
  };
  const parts = era === "legacy" ? serveLegacy(counterpart) : serveModern(counterpart);
  const server = createServer((req, res) => {
    const answer = (text: string): unknown => {
      const body = text === "" ? undefined : (JSON.parse(text) as Seen["body"]);
      const seen = { method: req.method, headers: req.headers, text, body };
      counterpart.seen.push(seen);
      if (!counterpart.intercept?.(req, res, seen)) return parts.handle(req, res, body);
      return undefined;
    };
    // A client that disconnects before sending its whole request gets no response.
    void readText(req).then(answer, () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return Object.assign(counterpart, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    forget: parts.forget,
    grow: parts.grow,
    touch: parts.touch,
    cut: () => server.closeAllConnections(),
    close: () => stop(server)
  });
}

/** How an era handles requests. */
export interface Handlers {
  handle: (req: IncomingMessage, res: ServerResponse, body: unknown) => unknown;
  forget: () => void;
  grow: () => void;
  touch: (uri: string) => void;
}
/** What the tools of a counterpart record. */
export type State = Pick<Counterpart, "notes" | "cancelled" | "subscribed">;

async function readText(req: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of req.setEncoding("utf8")) text += chunk as string;
  return text;
}

async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
