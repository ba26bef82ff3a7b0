/** How long an answer that could be given at once waits for the hosted server, so that it is a better one. */
export const PATIENCE_MS = 3_000;

/** Waits for something, but not for ever; that it failed is as good as that it took too long. */
export async function atMost(ms: number, wanted: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([wanted.catch(() => undefined), late]);
  clearTimeout(timer);
}
