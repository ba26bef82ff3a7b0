/** Waits for a promise; after `ms` milliseconds, returns or throws what `onTimeout` does instead. */
export async function withTimeout<T, L>(promise: Promise<T>, ms: number, onTimeout: () => L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))).then(onTimeout);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waits at most `ms` milliseconds; a rejection counts as a timeout. @returns undefined for a timeout */
export function settleWithin<T>(ms: number, promise: Promise<T>): Promise<T | undefined> {
  return withTimeout<T | undefined, undefined>(
    promise.catch(() => undefined),
    ms,
    () => undefined
  );
}
