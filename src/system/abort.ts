/** Rejects with the signal's reason once the signal is aborted; otherwise never settles. */
export function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", fail, { once: true });
    if (signal.aborted) fail();
  });
}
