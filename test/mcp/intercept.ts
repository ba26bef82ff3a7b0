import type { ServerResponse } from "node:http";
import type { Counterpart, Seen } from "../../sandbox/counterpart/counterpart.ts";

/** Whether a request is a call of the tool with this name. */
export function isCall({ body }: Seen, name: string): boolean {
  return body?.method === "tools/call" && body.params?.["name"] === name;
}

/** Handles the first matching request in place of the server. */
export function interceptOnce(
  hosted: Counterpart,
  matches: (seen: Seen) => boolean,
  act: (res: ServerResponse, seen: Seen) => void
): void {
  hosted.intercept = (_req, res, seen) => {
    if (!matches(seen)) return false;
    hosted.intercept = undefined;
    act(res, seen);
    return true;
  };
}

/**
 * Answers a request in JSON with a `result` or an `error`. @returns true, as an interceptor that answers does
 */
export function respond(res: ServerResponse, { body }: Seen, outcome: object, status = 200): true {
  res.writeHead(status, { "content-type": "application/json" });
  res.end(JSON.stringify({ jsonrpc: "2.0", id: body!.id, ...outcome }));
  return true;
}

/** The result of a tool that returns a text. */
export function textResult(text: string): object {
  return { content: [{ type: "text", text }] };
}

/** A JSON-RPC message as a server-sent event. */
export function eventOf(message: object): string {
  return `data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`;
}
