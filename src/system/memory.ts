import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/**
 * Makes V8 free what a large message leaves behind, once the current work is done. Each passes through
 * several buffers and strings of its size, and V8 would let many of them pile up.
 */
export function collectSoon(): void {
  setImmediate(() => (collect ??= collector())());
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("typeof gc === 'function' ? gc : undefined") as (() => void) | undefined;
  return gc ?? (() => undefined);
}
