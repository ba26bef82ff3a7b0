/** Something that is built when it is first requested, and only once. */
export interface Once<T> {
  get: () => Promise<T>;
  /** What was built; undefined if it wasn't requested, couldn't be built, or is still being built. */
  built: () => T | undefined;
}

/** Defers `build` until its result is first requested. A failure isn't retried. */
export function once<T>(build: () => Promise<T>): Once<T> {
  let value: Promise<T> | undefined;
  let built: T | undefined;
  return {
    get: () => (value ??= build().then((result) => (built = result))),
    built: () => built
  };
}
