import type { ClientInfo } from "../protocol/capabilities.ts";
import type { InputRequests, InputResponse, InputResponses } from "../protocol/input-request.ts";
import type { Era, Notification, Request, Response } from "../protocol/message.ts";

/** The client for which something is sent, and the headers that go with it. */
export interface Caller {
  client: ClientInfo;
  headers: Headers;
}

/** HTTP header fields by name. */
export type Headers = Readonly<Record<string, string>>;

/** A request on its way to the hosted server, whoever made it: the agent or this program. */
export interface HostedCall extends Caller {
  /** The era in whose form `request` is written. */
  readonly era: Era;
  readonly request: Request;
  /** The text of the request as it was received; undefined if it must be written again. */
  readonly raw: string | undefined;
  /** HTTP header fields of its own: `X-Environment-Id`, set by the gate. */
  headers: Headers;
  /** Whether it may be sent again when it isn't known whether it arrived. */
  readonly repeatable: boolean;
  /** False once it is answered or cancelled: what still arrives for it is dropped. */
  readonly open: boolean;
  /** Takes the hosted response. `raw` is its text as received, `from` the era in which it is written. */
  respond(response: Response, raw: string | undefined, from: Era): void;
  /** Takes the error if there will be no hosted response. */
  fail(error: unknown): void;
  /** Takes a notification that belongs to this request: progress or a log message. */
  notify(notification: Notification, raw: string): void;
  /** Puts the server's input requests to the caller. */
  ask(requests: InputRequests, signal?: AbortSignal): Promise<InputResponses>;
  /**
   * Asks the caller for the input that a retry needs, as an `input_required` result requests it (MCP
   * 2026-07-28, multi round-trip requests).
   * @returns undefined if the caller gets the result itself and makes the retry
   */
  askForRetry(requests: InputRequests): Promise<InputResponses | undefined>;
  /** Runs `listener` when the request is cancelled; at once if it already is. */
  onCancel(listener: () => void): void;
}

/** Progress of a call, as `notifications/progress` carries it. */
export interface Progress {
  progress: number;
  total?: number;
  message?: string;
}

/** Gives the same response to each input request. */
export function respondToAll(requests: InputRequests, response: InputResponse): InputResponses {
  return Object.fromEntries(Object.keys(requests).map((key) => [key, response]));
}
