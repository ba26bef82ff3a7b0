import type { Log } from "../../../log.ts";
import type { HttpResponse } from "../../../system/exchange.ts";
import { Abort, discard, type Outgoing } from "../../hosted/http/transport.ts";
import { silent } from "../../hosted/http/in-flight.ts";
import { isSessionLost, readRefusal } from "./reply.ts";

export interface PostsOptions {
  request: (outgoing: Omit<Outgoing, "headers">) => Promise<HttpResponse>;
  /** How long the server is given to acknowledge one, in milliseconds. */
  limitMs: number;
  log: Log;
}

/** What a legacy server is sent that has no answer: notifications, and the answers to its own requests. */
export class Posts {
  constructor(private readonly options: PostsOptions) {}

  /**
   * Sends one; that it failed is logged, nobody waits for it.
   * @returns false when the server does not know the session any more
   */
  async send(body: string): Promise<boolean> {
    try {
      return (await this.deliver(body)) === "taken";
    } catch (error) {
      this.options.log.info(`A message did not reach the hosted server: ${String(error)}`);
      return true;
    }
  }

  /**
   * Sends one. What arrives twice is ignored the second time: an answered question, a request that is gone, a known fact.
   * @throws Error when the server does not take it, and what the endpoint throws
   */
  async deliver(body: string): Promise<"taken" | "session lost"> {
    const abort = new Abort();
    const timer = setTimeout(() => abort.abort(), this.options.limitMs).unref();
    try {
      const message = { method: "POST", body, abort, repeatable: true, ahead: true } as const;
      const reply = await readRefusal(await this.options.request(message));
      if (isSessionLost(reply)) return "session lost";
      if (reply.text !== undefined) throw new Error(`HTTP status ${reply.response.statusCode}`);
      await discard(reply.response);
      return "taken";
    } catch (error) {
      throw abort.aborted ? silent(this.options.limitMs) : error;
    } finally {
      clearTimeout(timer);
    }
  }
}
