import type { Era, Notification, Params, Request, Response, RpcError } from "../protocol/message.ts";

/** Who the agent is and what it can do, as it said itself. */
export interface ClientInfo {
  protocolVersion: string;
  clientInfo: Params | undefined;
  capabilities: Params;
}

/** Whom something is sent for. */
export interface Caller {
  client: ClientInfo;
  headers: Headers;
}

/** Something the agent's user or model is asked for: elicitation, sampling, roots or whatever comes later. */
export interface Question {
  method: string;
  params?: Params;
}
/** What came back for one question. */
export type Answer = { result: Params } | { error: RpcError };
export type Questions = Record<string, Question>;
export type Answers = Record<string, Answer>;

/** HTTP header fields by name. */
export type Headers = Readonly<Record<string, string>>;

/** A request on its way to the hosted server, whoever made it: the agent or this program. */
export interface HostedCall extends Caller {
  /** The era in whose form `request` is written. */
  readonly era: Era;
  readonly request: Request;
  /** The request exactly as it was received, where it may go on as it is. */
  readonly raw: string | undefined;
  /** The client it is made for: a server of the modern era is told with every request. */
  readonly client: ClientInfo;
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
   * Whether the connection puts what an `input_required` result asks for to {@link ask} and retries the request; false
   * where whoever made it retries.
   */
  isRetriedHere(result: Params): boolean;
  /** Puts the hosted server's questions to whoever made the request. */
  ask(questions: Questions, signal?: AbortSignal): Promise<Answers>;
  /** Has `listener` run when the request is cancelled, at once if it has been. */
  onCancel(listener: () => void): void;
}

/** Progress of a call, as `notifications/progress` carries it. */
export interface Progress {
  progress: number;
  total?: number;
  message?: string;
}
