import type { HttpResponse } from "../../../system/exchange.ts";

/** More cookies than this, or longer ones, are not kept. */
const MAX_COOKIES = 20;
const MAX_COOKIE_CHARS = 4_096;

/**
 * The cookies of the endpoint's origin, kept for as long as a session lives: a load balancer finds by them
 * the server that has the session (RFC 6265). They go back to the endpoint alone, so `Domain`, `Path` and
 * `Secure` have nothing to decide.
 */
export class Cookies {
  readonly #cookies = new Map<string, string>();

  /** Takes what an answer sets, and drops what it expires. */
  take({ headers }: HttpResponse): void {
    const fields = headers["set-cookie"] ?? [];
    for (const field of Array.isArray(fields) ? fields : [fields]) this.#set(field);
  }

  /** The `Cookie` field of the next request; nothing without cookies. */
  header(): { cookie?: string } {
    if (this.#cookies.size === 0) return {};
    return { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") };
  }

  #set(field: string): void {
    const [pair = "", ...attributes] = field.split(";");
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    // What a header field may hold, without what would end the cookie (RFC 6265 section 4.1.1).
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
