import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/**
 * Has V8 give back what a large message has left behind, once the current work is done. Each passes through
 * several buffers and strings of its size, and V8 would let those of many messages pile up before it collects
 * any.
 */
export function collectSoon(): void {
  setImmediate(() => (collect ??= collector())());
}

function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("typeof gc === 'function' ? gc : undefined") as (() => void) | undefined;
  return gc ?? (() => undefined);
}
