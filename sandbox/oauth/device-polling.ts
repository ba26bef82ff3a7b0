import { errors, type Adapter } from "oidc-provider";

/**
 * Makes a store of device codes return `slow_down` (RFC 8628, section 3.5) to a client that polls much faster
 * than it was told to. Because timers are inexact, half the interval is tolerated.
 */
export function paced(adapter: Adapter, intervalSeconds: number): Adapter {
  const lastPoll = new Map<string, number>();
  return {
    ...adapter,
    find(id) {
      const since = Date.now() - (lastPoll.get(id) ?? 0);
      lastPoll.set(id, Date.now());
      if (since < intervalSeconds * 500) {
        throw new errors.CustomOIDCProviderError("slow_down", "The device code is polled too often.");
      }
      return adapter.find(id);
    }
  };
}
