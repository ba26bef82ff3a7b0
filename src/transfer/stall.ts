/** Aborts a transfer that has stalled, without limiting one that is merely slow. */
export interface StallGuard {
  /** Aborted with the outer signal, or when nothing has moved for too long. */
  signal: AbortSignal;
  /** Call it whenever bytes have moved. */
  moved(): void;
  /** Call it when the transfer is over, however it ended. */
  end(): void;
}

const STALL_TIMEOUT_MS = 60_000;

/** Starts watching one transfer. */
export function guardAgainstStall(outer: AbortSignal): StallGuard {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error("nothing moved for a minute")), STALL_TIMEOUT_MS);
  const cancel = (): void => controller.abort(outer.reason);
  if (outer.aborted) cancel();
  outer.addEventListener("abort", cancel);
  return {
    signal: controller.signal,
    moved: () => void timer.refresh(),
    end() {
      clearTimeout(timer);
      outer.removeEventListener("abort", cancel);
    }
  };
}
