/** Aborts a transfer that has stalled, without limiting one that is merely slow. */
export interface StallGuard {
  /** Aborts when the outer signal does, or when no bytes have moved for too long. */
  signal: AbortSignal;
  /** Call this whenever bytes have moved. */
  moved(): void;
  /** Call this when the transfer is over, whether or not it succeeded. */
  end(): void;
}

const STALL_TIMEOUT_MS = 60_000;

/** Starts watching a transfer. */
export function guardAgainstStall(outer: AbortSignal): StallGuard {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error("no data moved for a minute")), STALL_TIMEOUT_MS);
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
