import { ImgwireError } from "../errors.ts";
import { isSecure } from "../system/loopback.ts";
import type { FileFacts } from "./inspect.ts";

/** Where to send a file's bytes. */
export interface UploadTarget {
  url: URL;
  /** Headers that Imgwire returned with the URL, by lower-case name. */
  headers: Readonly<Record<string, string>>;
}

/** Headers that are ignored if Imgwire returns them: we set them ourselves, or they could contain secrets. */
const OURS = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "expect",
  "te",
  "trailer",
  "upgrade",
  "authorization",
  "proxy-authorization",
  "cookie"
]);

/**
 * Parses a presigned upload URL.
 * @param headers as returned with the URL; values that aren't strings are ignored
 * @throws ImgwireError `upload_url_unusable` unless it is https (or http on a loopback host) without a user
 *   name
 */
export function parseTarget(text: string, headers: Readonly<Record<string, unknown>>): UploadTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !isSecure(url) || url.username || url.password) throw unusable("it is not a plain https URL");
  const named = Object.entries(headers)
    .filter((entry): entry is [string, string] => typeof entry[1] === "string")
    .map(([name, value]) => [name.toLowerCase(), value]);
  return { url, headers: Object.fromEntries(named) as Record<string, string> };
}

/**
 * Returns the headers for the PUT: Content-Type, Content-Length, those returned with the URL, and a value for
 * every signed header (AWS Signature Version 4, `X-Amz-SignedHeaders`; `X-Goog-SignedHeaders` on Google Cloud
 * Storage).
 * @throws ImgwireError `upload_url_unusable` if the value of a signed header can't be determined
 */
export function requestHeaders(target: UploadTarget, file: FileFacts): Record<string, string> {
  const given = Object.entries(target.headers).filter(([name, value]) => isSendable(name, value));
  const headers: Record<string, string> = { "content-type": file.mimeType, ...Object.fromEntries(given) };
  for (const name of signedHeaders(target.url)) {
    if (name === "host" || name === "content-length" || name in headers) continue;
    if (OURS.has(name)) throw unusable(`it requires the header ${name}`);
    const value = knownValue(name, file) ?? queryValue(target.url, name);
    if (value === undefined) throw unusable(`it needs the header ${name}, whose value is unknown`);
    headers[name] = value;
  }
  return { ...headers, "content-length": String(file.size) };
}

/** Returns when a presigned URL expires, in milliseconds since the epoch; undefined if it doesn't say. */
export function expiresAt(url: URL): number | undefined {
  const query = lowerCaseQuery(url);
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(
    query.get("x-amz-date") ?? query.get("x-goog-date") ?? ""
  );
  const seconds = Number(query.get("x-amz-expires") ?? query.get("x-goog-expires"));
  if (!date || !Number.isFinite(seconds)) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = date.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) + seconds * 1000;
}

function isSendable(name: string, value: string): boolean {
  return /^[!#$%&'*+.^_`|~\w-]+$/.test(name) && !/[^\t\x20-\x7e\x80-\xff]/.test(value) && !OURS.has(name);
}

function signedHeaders(url: URL): readonly string[] {
  const query = lowerCaseQuery(url);
  const signed = query.get("x-amz-signedheaders") ?? query.get("x-goog-signedheaders") ?? "";
  return signed.toLowerCase().split(";").filter(Boolean);
}

function knownValue(name: string, { sha256 }: FileFacts): string | undefined {
  switch (name) {
    case "x-amz-checksum-sha256":
      return Buffer.from(sha256, "hex").toString("base64");
    case "x-amz-sdk-checksum-algorithm":
      return "SHA256";
    case "x-amz-content-sha256":
    case "x-goog-content-sha256":
      return sha256;
    default:
      return undefined;
  }
}

function queryValue(url: URL, name: string): string | undefined {
  return lowerCaseQuery(url).get(name);
}

function lowerCaseQuery(url: URL): ReadonlyMap<string, string> {
  return new Map([...url.searchParams].map(([name, value]) => [name.toLowerCase(), value]));
}

function unusable(reason: string): ImgwireError {
  return new ImgwireError(
    "upload_url_unusable",
    `The upload URL cannot be used: ${reason}. Nothing was sent.`
  );
}
