/** From this size on, a message's garbage is collected immediately. */
const MIN_LARGE_BYTES = 4 * 1024 * 1024;

let collector: Promise<() => void> | undefined;
let isDue = false;

/**
 * Makes V8 collect the garbage of a large message once the current work is done. Each message passes through
 * several buffers and strings of its size, and V8 would let many of them pile up.
 * @param bytes the approximate size of the message; a small one is left to V8
 */
export function collectAfter(bytes: number): void {
  if (bytes < MIN_LARGE_BYTES || isDue) return;
  isDue = true;
  setImmediate(() => void collect());
}

async function collect(): Promise<void> {
  const gc = await (collector ??= loadCollector());
  isDue = false;
  gc();
}

async function loadCollector(): Promise<() => void> {
  const [{ setFlagsFromString }, { runInNewContext }] = await Promise.all([
    import("node:v8"),
    import("node:vm")
  ]);
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("typeof gc === 'function' ? gc : undefined") as (() => void) | undefined;
  return gc ?? (() => undefined);
}
