import { SignInNeededError } from "../../../errors.ts";
import type { Log } from "../../../log.ts";
import { Abort } from "./transport.ts";

const FLOOR_MS = 1_000;
const CEILING_MS = 30_000;

/**
 * A stream on which the hosted server speaks unasked. It is read to its end and opened again: at most once a
 * second, later while it keeps failing or ending at once, and where a sign-in is needed not before {@link
 * StandingStream.revive}.
 */
export class StandingStream {
  /**
   * The wait before the next opening that the server asks for, in milliseconds; undefined where it asks for
   * none.
   */
  askedMs: number | undefined;
  #abort: Abort | undefined;
  #failures = 0;
  /** Nothing has been received since the stream was opened last. */
  #silent = true;
  #timer: NodeJS.Timeout | undefined;
  /** Stopped because a sign-in is needed. */
  #barred = false;

  /** @param read opens the stream and reads it to its end; false when it is not to be opened again */
  constructor(
    private readonly read: (abort: Abort) => Promise<boolean>,
    private readonly log: Log
  ) {}

  /** Opens the stream, in place of the one that may be open. */
  open(): void {
    this.close();
    void this.#connect();
  }

  /**
   * Opens the stream again if it ended for want of a sign-in: the server has just accepted another request.
   */
  revive(): void {
    if (this.#barred) this.open();
  }

  /** Something was received: the failures before do not count any more. */
  heard(): void {
    this.#silent = false;
    this.#failures = 0;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#failures = 0;
    this.#barred = false;
    this.#abort?.abort();
    this.#abort = undefined;
  }

  async #connect(): Promise<void> {
    const abort = (this.#abort = new Abort());
    const openedAt = Date.now();
    this.#silent = true;
    try {
      if (!(await this.read(abort))) return;
      // Who has nothing to say and does not keep the stream either would be asked every second for ever.
      if (this.#silent && this.askedMs === undefined && Date.now() - openedAt < FLOOR_MS) this.#failures++;
    } catch (error) {
      if (abort.aborted) return;
      this.log.debug(`The hosted server's stream was cut: ${String(error)}`);
      this.#failures++;
      this.#barred = error instanceof SignInNeededError;
    }
    if (abort.aborted || this.#barred) return;
    this.#timer = setTimeout(() => void this.#connect(), this.#pause()).unref();
  }

  #pause(): number {
    const backoff = this.#failures > 0 ? FLOOR_MS * 2 ** Math.min(this.#failures, 5) : FLOOR_MS;
    return Math.min(Math.max(this.askedMs ?? 0, backoff), CEILING_MS);
  }
}
