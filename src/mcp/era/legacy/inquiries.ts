import type { Answer, HostedCall } from "../../call.ts";
import type { HostedContext } from "../../hosted-era.ts";
import { type Id, INTERNAL_ERROR, type Request, type Response } from "../../message.ts";

/**
 * The requests a server of the legacy era makes of the client: each is put to whoever made the call it came with
 * and answered once, under the server's own id.
 */
export class Inquiries {
  #open = new Map<Id, AbortController>();

  constructor(
    private readonly context: Pick<HostedContext, "log" | "events">,
    private readonly post: (response: Response) => void
  ) {}

  /** @param call the call in whose stream the request came, where it came in one */
  ask(request: Request, call: HostedCall | undefined): void {
    const { id, method, params } = request;
    if (method === "ping") return this.post({ jsonrpc: "2.0", id, result: {} });
    if (this.#open.has(id))
      return this.context.log.warn(`The hosted server used the id ${JSON.stringify(id)} twice.`);
    const controller = new AbortController();
    this.#open.set(id, controller);
    const questions = { question: { method, ...(params && { params }) } };
    const asked = call
      ? call.ask(questions, controller.signal)
      : this.context.events.ask(questions, controller.signal);
    void asked
      .then((answers) => answers["question"]!)
      .catch((error: unknown): Answer => ({ error: { code: INTERNAL_ERROR, message: String(error) } }))
      .then((answer) => {
        this.#open.delete(id);
        if (!controller.signal.aborted) this.post({ jsonrpc: "2.0", id, ...answer });
      });
  }

  /** The server has withdrawn its request: it is not answered any more. */
  withdraw(id: Id): void {
    this.#open.get(id)?.abort();
  }
}
