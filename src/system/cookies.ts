import type { HttpResponse } from "./exchange.ts";

/** More cookies than this, or longer ones, are ignored. */
const MAX_COOKIES = 20;
const MAX_COOKIE_CHARS = 4_096;

/**
 * The cookies that one endpoint sets, by which a load balancer finds the server that has the session (RFC
 * 6265). They are sent to that endpoint only, so `Domain`, `Path` and `Secure` don't matter.
 */
export class Cookies {
  readonly #cookies = new Map<string, string>();

  /** Stores the cookies that a response sets, and drops those that it expires. */
  take({ headers }: HttpResponse): void {
    const fields = headers["set-cookie"] ?? [];
    for (const field of Array.isArray(fields) ? fields : [fields]) this.#set(field);
  }

  /** The `Cookie` header field of the next request; empty if there are no cookies. */
  header(): { cookie?: string } {
    if (this.#cookies.size === 0) return {};
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
  }

  #set(field: string): void {
    const [pair = "", ...attributes] = field.split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    // Only characters that are valid in a header field (RFC 6265 section 4.1.1).
    if (at <= 0 || pair.length > MAX_COOKIE_CHARS || !/^[\x21-\x7e]+=[\x20-\x7e]*$/.test(pair.trim())) return;
    if (isExpired(attributes)) this.#cookies.delete(name);
    else if (this.#cookies.has(name) || this.#cookies.size < MAX_COOKIES)
      this.#cookies.set(name, pair.slice(at + 1).trim());
  }
}

function isExpired(attributes: readonly string[]): boolean {
  const valueOf = (name: string): string | undefined =>
    attributes
      .map((each) => each.trim())
      .find((each) => each.toLowerCase().startsWith(`${name}=`))
      ?.slice(name.length + 1);
  const maxAge = valueOf("max-age");
  if (maxAge !== undefined) return Number(maxAge) <= 0;
  const expires = Date.parse(valueOf("expires") ?? "");
  return expires <= Date.now();
}
