import { ImgwireError } from "../errors.ts";

/** The characters of RFC 3986; whatever else a URL needs it has to percent-encode. */
const CHARACTERS = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/;

/** True for `localhost`, 127.0.0.0/8 and ::1, as `URL.hostname` spells them. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** What a server may name. */
export interface UrlRules {
  /** Plain http on a loopback host is fine too: the hosted URL that the user configured is itself one. */
  loopbackHttp: boolean;
}

/**
 * Judges a URL that a server named, before it is requested, shown as a link or opened: https (see {@link UrlRules}),
 * no user name, and nothing in it that a shell or a terminal could take for more than a URL.
 * @param what names the URL in the error, as in "The authorization endpoint"
 * @throws ImgwireError `url_refused`
 */
export function checkServerUrl(text: string, what: string, { loopbackHttp }: UrlRules): URL {
  const url = CHARACTERS.test(text) && !text.includes("$(") && URL.canParse(text) ? new URL(text) : undefined;
  const secure =
    url?.protocol === "https:" || (loopbackHttp && url?.protocol === "http:" && isLoopbackHost(url.hostname));
  if (url && secure && !url.username && !url.password) return url;
  throw new ImgwireError("url_refused", `${what} is not a URL that can be trusted: ${excerpt(text)}`, {
    hint: "Nothing was opened or sent. The hosted service is misconfigured, or is not the one you meant: check IMGWIRE_MCP_URL."
  });
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}...` : text);
}
