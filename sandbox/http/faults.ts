import type { IncomingMessage, ServerResponse } from "node:http";

export const originNames = ["mcp", "issuer", "storage", "cdn", "dashboard"] as const;
export type OriginName = (typeof originNames)[number];

/** A fault that replaces or disturbs the response to the next matching requests. */
export interface Fault {
  origin: OriginName;
  /** The number of requests affected; 1 by default. */
  times?: number;
  /** Affects this share of the matching requests at random, without end, instead of a fixed number. */
  share?: number;
  /** The number of matching requests to let through first. */
  after?: number;
  method?: string;
  /** A substring of the path. */
  path?: string;
  /**
   * - `respond` (the default): answer with `status`, `headers` and `body` without reading the request;
   * - `reset`: destroy the socket without a response;
   * - `reset-body`: read `bytes` of the request's body (64 KiB by default), then destroy the socket;
   * - `reset-after`: serve the request, but destroy the socket instead of sending the response, so that the
   *   request takes effect without the client knowing;
   * - `hang`: never answer.
   */
  kind?: "respond" | "reset" | "reset-body" | "reset-after" | "hang";
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  bytes?: number;
}

type Waiting = Fault & { times: number; after: number };
type Listener = (req: IncomingMessage, res: ServerResponse) => void;

/** The pending faults of all origins. */
export class Faults {
  #waiting: Waiting[] = [];
  /** The number of requests affected so far. */
  struck = 0;

  add(fault: Fault): void {
    this.#waiting.push({ times: 1, after: 0, ...fault });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** Applies a pending fault to the request. Returns true if the request must not be served any further. */
  strike(origin: OriginName, req: IncomingMessage, res: ServerResponse, serve: Listener): boolean {
    const fault = this.#waiting.find((candidate) => matches(candidate, origin, req) && isDue(candidate));
    if (!fault) return false;
    if (fault.after > 0) {
      fault.after -= 1;
      return false;
    }
    this.struck += 1;
    if (fault.share === undefined) fault.times -= 1;
    if (fault.times === 0) this.#waiting = this.#waiting.filter((other) => other !== fault);
    apply(fault, req, res, serve);
    return true;
  }
}

function matches(fault: Fault, origin: OriginName, req: IncomingMessage): boolean {
  return (
    fault.origin === origin &&
    (fault.method === undefined || fault.method === req.method) &&
    (fault.path === undefined || (req.url ?? "").includes(fault.path))
  );
}

function isDue({ share }: Fault): boolean {
  return share === undefined || Math.random() < share;
}

function apply(fault: Fault, req: IncomingMessage, res: ServerResponse, serve: Listener): void {
  switch (fault.kind ?? "respond") {
    case "respond":
      req.resume();
      res.writeHead(fault.status ?? 503, fault.headers).end(fault.body);
      return;
    case "reset":
      req.socket.destroy();
      return;
    case "reset-body":
      return resetInBody(req, fault.bytes ?? 65_536);
    case "reset-after":
      cutAnswer(res);
      return serve(req, res);
    case "hang":
      req.resume();
      return;
  }
}

function resetInBody(req: IncomingMessage, bytes: number): void {
  let seen = 0;
  req.on("data", (chunk: Buffer) => {
    seen += chunk.length;
    if (seen >= bytes) req.socket.destroy();
  });
  req.on("end", () => req.socket.destroy());
}

/** Serves the request, but drops the connection at the first byte of the response. */
function cutAnswer(res: ServerResponse): void {
  const cut = () => {
    res.socket?.destroy();
    return res;
  };
  res.writeHead = cut;
  res.flushHeaders = cut;
  res.write = () => Boolean(cut());
  res.end = cut;
}
