import type { ClientInfo } from "../protocol/capabilities.ts";
import type { InputRequests, InputResponse, InputResponses } from "../protocol/input-request.ts";
import type { Era, Notification, Params, Request, Response } from "../protocol/message.ts";

/** Whom something is sent for. */
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
  /** The request exactly as it was received, where it may go on as it is. */
  readonly raw: string | undefined;
  /** HTTP header fields that it travels with: `X-Environment-Id`, put there by the gate. */
  headers: Headers;
  /** It may be sent again when it is not known whether it arrived. */
  readonly repeatable: boolean;
  /** False once answered or cancelled: nothing that arrives for it matters any more. */
  readonly open: boolean;
  /** Takes the hosted answer. `raw` is its text as received; `from` the era it is written in. */
  respond(response: Response, raw: string | undefined, from: Era): void;
  /** Takes the news that there will be no hosted answer. */
  fail(error: unknown): void;
  /** Takes a notification that belongs to this request: progress or a log message. */
  notify(notification: Notification, raw: string): void;
  /**
   * Whether the connection puts what an `input_required` result asks for to {@link ask} and retries the
   * request; false where whoever made it retries.
   */
  isRetriedHere(result: Params): boolean;
  /** Puts the hosted server's questions to whoever made the request. */
  ask(questions: InputRequests, signal?: AbortSignal): Promise<InputResponses>;
  /** Has `listener` run when the request is cancelled, at once if it has been. */
  onCancel(listener: () => void): void;
}

/** Progress of a call, as `notifications/progress` carries it. */
export interface Progress {
  progress: number;
  total?: number;
  message?: string;
}

/** Responds to each of several input requests in the same way. */
export function respondToAll(requests: InputRequests, response: InputResponse): InputResponses {
  return Object.fromEntries(Object.keys(requests).map((key) => [key, response]));
}
