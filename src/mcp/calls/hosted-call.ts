import type { ClientInfo } from "../protocol/capabilities.ts";
import type { InputRequests, InputResponse, InputResponses } from "../protocol/input-request.ts";
import type { Era, Notification, Request, Response } from "../protocol/message.ts";

/** The client on whose behalf something is sent, and the headers to send with it. */
export interface Caller {
  client: ClientInfo;
  headers: Headers;
}

/** HTTP header fields by name. */
export type Headers = Readonly<Record<string, string>>;

/** A request to the hosted server, made by the agent or by this program. */
export interface HostedCall extends Caller {
  /** The era in which `request` is written. */
  readonly era: Era;
  readonly request: Request;
  /** The text of the request as it was received; undefined if it has to be serialized. */
  readonly raw: string | undefined;
  /** HTTP header fields to send with it: `X-Environment-Id`, set by the gate. */
  headers: Headers;
  /** Whether it may be retried if it isn't known whether it arrived. */
  readonly repeatable: boolean;
  /** False once it has been answered or cancelled. Whatever still arrives for it is dropped. */
  readonly open: boolean;
  /** Answers the request. `raw` is the response's text as received, `from` the era in which it is written. */
  respond(response: Response, raw: string | undefined, from: Era): void;
  /** Fails the request, if there will be no response. */
  fail(error: unknown): void;
  /** Delivers a notification that belongs to this request: progress or a log message. */
  notify(notification: Notification, raw: string): void;
  /** Asks the caller for the input that the server requests. */
  ask(requests: InputRequests, signal?: AbortSignal): Promise<InputResponses>;
  /**
   * Asks the caller for the input that a retry needs, as an `input_required` result requests it (MCP
   * 2026-07-28, multi round-trip requests).
   * @returns undefined if the caller gets the result itself and makes the retry
   */
  askForRetry(requests: InputRequests): Promise<InputResponses | undefined>;
  /** Runs `listener` when the request is cancelled; immediately if it already has been. */
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
