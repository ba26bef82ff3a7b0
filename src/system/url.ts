import ipaddr from "ipaddr.js";
import { ImgwireError } from "../errors.ts";
import { isLoopbackHost, isSecure } from "./loopback.ts";

/** The characters of RFC 3986; all others must be percent-encoded. */
const CHARACTERS = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/;

/**
 * Whether a `URL.hostname` names this machine or its network by its spelling alone: a non-public address (the
 * URL parser has normalized numeric spellings), or a name below `localhost`.
 */
export function isPrivateHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return /(^|\.)localhost\.?$/.test(hostname) || (ipaddr.isValid(bare) && !isPublicAddress(bare));
}

/**
 * Whether an IP address is public. An IPv6 address that stands for an IPv4 one counts as that one:
 * IPv4-mapped, IPv4-translated (RFC 2765), NAT64 (RFC 6052), 6to4 (RFC 3056). Obsolete and tunnelled ones
 * aren't public: IPv4-compatible addresses (RFC 4291 section 2.5.5.1) and Teredo.
 */
export function isPublicAddress(address: string): boolean {
  const parsed = ipaddr.process(address);
  if (!(parsed instanceof ipaddr.IPv6)) return parsed.range() === "unicast";
  const bytes = parsed.toByteArray();
  const range = parsed.range();
  if (range === "rfc6145" || range === "rfc6052") return isPublicAddress(bytes.slice(12).join("."));
  if (range === "6to4") return isPublicAddress(bytes.slice(2, 6).join("."));
  return range === "unicast" && bytes.slice(0, 12).some((byte) => byte !== 0);
}

/** Which exceptions to make for URLs that a server names. */
export interface UrlRules {
  /** Allow private and loopback hosts: the configured hosted URL is itself one. */
  privateHosts: boolean;
  /** Allow plain http to loopback hosts: the configured hosted URL is itself one. */
  loopbackHttp: boolean;
}

/** The rules for URLs that a hosted server names, which depend on its own URL. */
export function rulesFor({ hostname }: URL): UrlRules {
  return { loopbackHttp: isLoopbackHost(hostname), privateHosts: isPrivateHost(hostname) };
}

/**
 * Checks a URL that a server named, before it is requested, shown as a link or opened: https, not in our own
 * network (see {@link UrlRules}), no user name, and nothing that a shell or terminal could misread.
 * @param what names the URL in the error, as in "The authorization endpoint"
 * @throws ImgwireError `url_refused`, `address_refused`
 */
export function checkServerUrl(text: string, what: string, rules: UrlRules): URL {
  const url = CHARACTERS.test(text) && !text.includes("$(") && URL.canParse(text) ? new URL(text) : undefined;
  if (
    !url ||
    !(rules.loopbackHttp ? isSecure(url) : url.protocol === "https:") ||
    url.username ||
    url.password
  )
    throw urlRefused(text, what);
  if (!rules.privateHosts && isPrivateHost(url.hostname)) throw addressRefused(url.hostname);
  return url;
}

function urlRefused(text: string, what: string): ImgwireError {
  return new ImgwireError("url_refused", `${what} is not a URL that can be trusted: ${excerpt(text)}`, {
    hint: "Nothing was opened or sent. The hosted service is misconfigured, or is not the one you meant: check IMGWIRE_MCP_URL."
  });
}

/** The error for a URL that leads into our own network even though the hosted server is public. */
export function addressRefused(hostname: string): ImgwireError {
  return new ImgwireError("address_refused", `The server named an address that isn't public: ${hostname}.`, {
    hint: "Nothing was sent there. If you run the service in your own network, set IMGWIRE_MCP_URL to its address."
  });
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}...` : text);
}
