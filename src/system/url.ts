import ipaddr from "ipaddr.js";
import { ImgwireError } from "../errors.ts";
import { isLoopbackHost, isSecure } from "./loopback.ts";

/** The characters of RFC 3986; whatever else a URL needs it has to percent-encode. */
const CHARACTERS = /^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/;

/**
 * Whether a `URL.hostname` is, by its spelling alone, this machine or its network: an address that is not a
 * public one (the URL parser has brought every numeric spelling into one form), or a name below `localhost`.
 */
export function isPrivateHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return /(^|\.)localhost\.?$/.test(hostname) || (ipaddr.isValid(bare) && !isPublicAddress(bare));
}

/**
 * Whether an IP address is one of the public Internet. An IPv6 address that stands for an IPv4 one is as
 * public as that: IPv4-mapped, IPv4-translated (RFC 2765), NAT64 (RFC 6052), 6to4 (RFC 3056). What is
 * obsolete or tunnels to who knows where, IPv4-compatible addresses (RFC 4291 section 2.5.5.1) and Teredo, is
 * not public.
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

/** What a server may name. */
export interface UrlRules {
  /** Private and loopback hosts are fine: the hosted URL that the user configured is itself such a one. */
  privateHosts: boolean;
  /** Plain http on a loopback host is fine too: the hosted URL that the user configured is itself one. */
  loopbackHttp: boolean;
}

/** What a hosted server may name follows from what it is itself. */
export function rulesFor({ hostname }: URL): UrlRules {
  return { loopbackHttp: isLoopbackHost(hostname), privateHosts: isPrivateHost(hostname) };
}

/**
 * Judges a URL that a server named, before it is requested, shown as a link or opened: https and not in the
 * own network (see {@link UrlRules}), no user name, and nothing in it that a shell or a terminal could take
 * for more than a URL.
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

/** The error for a URL that leads into the own network although the hosted one is public. */
export function addressRefused(hostname: string): ImgwireError {
  return new ImgwireError(
    "address_refused",
    `The server named an address that is not a public one: ${hostname}.`,
    {
      hint: "Nothing was sent there. If you run the service in your own network, set IMGWIRE_MCP_URL to its address."
    }
  );
}

function excerpt(text: string): string {
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 120)}...` : text);
}
