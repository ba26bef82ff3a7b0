/** How long an answer that could be given at once waits for the hosted server, so that it is a better one. */
export const PATIENCE_MS = 3_000;

/** Waits for something, but not for ever; that it failed is as good as that it took too long: undefined. */
export async function atMost<T>(ms: number, wanted: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  return Promise.race([wanted.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}
