/** A request without a token, which the hosted server answers with its challenge. */
export const PING = {
  method: "POST",
  headers: { "content-type": "application/json", accept: "application/json, text/event-stream" },
  body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" })
} as const;
