import { SignInNeededError } from "../../../errors.ts";
import type { Log } from "../../../log.ts";
import { Abort, type HttpTransport } from "./transport.ts";

const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/**
 * A stream that stays open for the server's notifications. When it ends, it is reopened after a second, or
 * later if it keeps failing or ending immediately. If it needs a sign-in, it is reopened as soon as the
 * server accepts another request.
 */
export class StandingStream {
  /**
   * How long the server wants us to wait before reconnecting, in milliseconds; undefined if it didn't say.
   */
  askedMs: number | undefined;
  #abort: Abort | undefined;
  #failures = 0;
  /** True until something is received after the stream has been opened. */
  #silent = true;
  #timer: NodeJS.Timeout | undefined;
  /** Stops waiting for a sign-in. */
  #stopWaiting: (() => void) | undefined;

  /** @param read opens the stream and reads it to its end; false if it must not be opened again */
  constructor(
    private readonly read: (abort: Abort) => Promise<boolean>,
    private readonly transport: Pick<HttpTransport, "onAccepted">,
    private readonly log: Log
  ) {}

  /** Opens the stream, closing any previous one. */
  open(): void {
    this.close();
    void this.#connect();
  }

  /** Notes that something was received, so that earlier failures no longer count. */
  received(): void {
    this.#silent = false;
    this.#failures = 0;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#failures = 0;
    this.#stopWaiting?.();
    this.#abort?.abort();
    this.#abort = undefined;
  }

  async #connect(): Promise<void> {
    const abort = (this.#abort = new Abort());
    const openedAt = Date.now();
    this.#silent = true;
    try {
      if (!(await this.read(abort))) return;
      // Back off if the server closes the stream immediately without sending anything.
      if (this.#silent && this.askedMs === undefined && Date.now() - openedAt < MIN_PAUSE_MS)
        this.#failures++;
    } catch (error) {
      if (abort.aborted) return;
      this.log.debug(`Imgwire's notification stream was cut: ${String(error)}`);
      this.#failures++;
      if (error instanceof SignInNeededError) {
        this.#stopWaiting = this.transport.onAccepted(() => this.open());
        return;
      }
    }
    if (abort.aborted) return;
    this.#timer = setTimeout(() => void this.#connect(), this.#pause()).unref();
  }

  #pause(): number {
    const backoff = MIN_PAUSE_MS * 2 ** Math.min(this.#failures, 5);
    return Math.min(Math.max(this.askedMs ?? 0, backoff), MAX_PAUSE_MS);
  }
}
