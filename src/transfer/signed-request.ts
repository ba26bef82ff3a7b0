import { ImgwireError } from "../errors.ts";
import { isSecure } from "../system/loopback.ts";
import type { FileFacts } from "./inspect.ts";

/** Where to send a file's bytes. */
export interface UploadTarget {
  url: URL;
  /** Headers that the service named along with the URL, by lower-case name. */
  headers: Readonly<Record<string, string>>;
}

/** Never taken from the service: these are ours to set, or carry what the storage must not get. */
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
 * @param headers what the service named along with the URL; values that are not strings are left out
 * @throws ImgwireError `upload_url_unusable` unless it is https (http on a loopback host), without user name
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
 * The headers of the PUT to a presigned URL: Content-Type and Content-Length, what the service named along
 * with the URL, and a value for every header that went into the signature (AWS Signature Version 4,
 * `X-Amz-SignedHeaders`; Google Cloud Storage has the same with `X-Goog-`).
 * @throws ImgwireError `upload_url_unusable` when a signed header's value cannot be known
 */
export function requestHeaders(target: UploadTarget, file: FileFacts): Record<string, string> {
  const given = Object.entries(target.headers).filter(([name, value]) => isSendable(name, value));
  const headers: Record<string, string> = { "content-type": file.mimeType, ...Object.fromEntries(given) };
  for (const name of signedHeaders(target.url)) {
    if (name === "host" || name === "content-length" || name in headers) continue;
    if (OURS.has(name)) throw unusable(`it wants the header ${name} to be sent`);
    const value = knownValue(name, file) ?? queryValue(target.url, name);
    if (value === undefined) throw unusable(`it needs the header ${name}, whose value is not known`);
    headers[name] = value;
  }
  return { ...headers, "content-length": String(file.size) };
}

/** When a presigned URL expires, in milliseconds since the epoch; undefined if the URL does not say. */
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
