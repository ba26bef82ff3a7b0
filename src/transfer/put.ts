import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { ImgwireError, UnreachableError } from "../errors.ts";
import type { HeaderField } from "../system/header-field.ts";
import type { Http, StreamedResponse } from "../system/http.ts";
import type { RateLimiter } from "../system/rate-limiter.ts";
import { parseRetryAfter } from "../system/retry-after.ts";
import { changed, type FileFacts } from "./inspect.ts";
import { type OpenFile, stampOf } from "./open.ts";
import { readChunks } from "./read.ts";
import { expiresAt, requestHeaders, type UploadTarget } from "./signed-request.ts";
import { guardAgainstStall } from "./stall.ts";

/** Options for sending a file. */
export interface PutOptions {
  http: Http;
  file: OpenFile;
  facts: FileFacts;
  target: UploadTarget;
  /** Requests a new target, once, if the first one has expired. */
  renew: () => Promise<UploadTarget>;
  /** Called with the number of bytes handed to the system; restarts at 0 with each attempt. */
  onBytes?: (sent: number) => void;
  /** Shared by all concurrent uploads to this storage. */
  pace: RateLimiter;
  signal: AbortSignal;
}

const MAX_ATTEMPTS = 3;
const MAX_PAUSE_MS = 60_000;
const MAX_ERROR_BODY_BYTES = 16_384;

/** The result of one attempt. */
type Outcome =
  | { kind: "stored" }
  | { kind: "expired"; reason: string }
  | { kind: "retry"; reason: string; afterMs: number | undefined; tooMany?: boolean }
  | { kind: "refused"; reason: string };

/**
 * Sends an opened file to its presigned URL, with Content-Length and only the headers that the URL requires.
 * Each of up to three attempts starts at byte 0; if the URL has expired, a new one is requested once.
 *
 * The last chunk is held back until the whole file has been read and matches what was inspected, so a file
 * that changes in the meantime is never stored.
 *
 * @throws ImgwireError `upload_refused`, `upload_url_unusable`, `upload_url_expired`, `file_changed`,
 *   `address_refused`; UnreachableError if every attempt failed; the signal's reason
 */
export async function put(options: PutOptions): Promise<void> {
  let { target } = options;
  let renewed = false;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptPut(options, target);
    if (outcome.kind === "stored") return options.pace.accepted();
    if (outcome.kind === "refused") throw refused(outcome.reason);
    if (outcome.kind === "expired") {
      if (renewed) throw expired(outcome.reason);
      target = await options.renew();
      renewed = true;
      attempt -= 1;
    } else if (attempt >= MAX_ATTEMPTS) {
      throw exhausted(outcome.reason);
    } else {
      const pauseMs = outcome.afterMs ?? pauseBefore(attempt);
      if (outcome.tooMany) options.pace.refused(pauseMs);
      else await delay(pauseMs, undefined, { signal: options.signal });
    }
  }
}

async function attemptPut(options: PutOptions, target: UploadTarget): Promise<Outcome> {
  const headers = requestHeaders(target, options.facts);
  await options.pace.turn(options.signal);
  const guard = guardAgainstStall(options.signal);
  try {
    const content = contentOf(options, (sent) => {
      guard.moved();
      options.onBytes?.(sent);
    });
    const init = { method: "PUT", headers, body: asBody(content), signal: guard.signal } as const;
    return await classifyResponse(await options.http.request(target.url, "server", init));
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof ImgwireError && !(error instanceof UnreachableError)) throw error;
    return afterBrokenConnection(target, error);
  } finally {
    guard.end();
  }
}

/**
 * undici accepts any async iterable as a body, although its types allow only streams. A real stream would
 * read ahead and verify the last chunk too early; undici requests a chunk only after handing the previous one
 * to the system.
 */
function asBody(content: AsyncIterable<Buffer>): Readable {
  return content as unknown as Readable;
}

/**
 * Yields the bytes to send. The last chunk is yielded only after verifying that the file is the one
 * inspected.
 */
async function* contentOf(
  { file, facts, signal }: PutOptions,
  onBytes: (sent: number) => void
): AsyncGenerator<Buffer, void> {
  const hash = createHash("sha256");
  let sent = 0;
  for await (const chunk of readChunks(file.handle, facts.size, signal)) {
    hash.update(chunk);
    if (sent + chunk.length === facts.size) await verifyUnchanged(file, facts, hash.digest("hex"));
    yield chunk;
    sent += chunk.length;
    onBytes(sent);
  }
  if (sent !== facts.size) throw changed(file.path);
}

async function verifyUnchanged(file: OpenFile, facts: FileFacts, sha256: string): Promise<void> {
  const same = stampOf(await file.handle.stat({ bigint: true })) === file.stamp;
  if (!same || sha256 !== facts.sha256) throw changed(file.path);
}

/**
 * Classifies the storage's response. A redirect counts as a refusal, because the signature is valid for one
 * URL only.
 */
async function classifyResponse(response: StreamedResponse): Promise<Outcome> {
  const { statusCode, headers, body } = response;
  const text = await excerptOf(body);
  if (statusCode >= 200 && statusCode < 300) return { kind: "stored" };
  const reason = `the storage answered ${statusCode}${errorCodeIn(text)}`;
  if ((statusCode === 403 || statusCode === 400) && /expired/i.test(text)) return { kind: "expired", reason };
  if (statusCode === 408 || statusCode === 429 || statusCode >= 500) {
    const tooMany = statusCode === 429 || (statusCode === 503 && /SlowDown/.test(text));
    return { kind: "retry", reason, afterMs: retryAfter(headers["retry-after"]), tooMany };
  }
  return { kind: "refused", reason };
}

/** A storage that rejects an expired URL early may close the connection before its response is read. */
function afterBrokenConnection({ url }: UploadTarget, error: unknown): Outcome {
  const reason = `the connection to the storage broke (${(error as Error).message})`;
  const deadline = expiresAt(url);
  if (deadline !== undefined && Date.now() > deadline) return { kind: "expired", reason };
  return { kind: "retry", reason, afterMs: undefined };
}

async function excerptOf(body: StreamedResponse["body"]): Promise<string> {
  let text = "";
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length > MAX_ERROR_BODY_BYTES) break;
  }
  return text;
}

/**
 * The error code from an S3 error document: the only part of the response that is both safe and useful to
 * show.
 */
function errorCodeIn(text: string): string {
  const code = /<Code>(\w{1,60})<\/Code>/.exec(text)?.[1];
  return code ? ` (${code})` : "";
}

function retryAfter(value: HeaderField): number | undefined {
  const waitMs = parseRetryAfter(value);
  return waitMs === undefined ? undefined : Math.min(waitMs, MAX_PAUSE_MS);
}

function pauseBefore(attempt: number): number {
  return 100 * 2 ** attempt * (0.5 + Math.random());
}

function refused(reason: string): ImgwireError {
  return new ImgwireError("upload_refused", `The file was not stored: ${reason}.`, {
    hint: "Try again. If it keeps happening, report it to Imgwire: its storage refuses uploads."
  });
}

function expired(reason: string): ImgwireError {
  return new ImgwireError(
    "upload_url_expired",
    `The file was not stored: a fresh upload URL expired too; ${reason}.`,
    {
      hint: "Check this machine's clock, then try again."
    }
  );
}

function exhausted(reason: string): UnreachableError {
  return new UnreachableError(`The file was not stored after ${MAX_ATTEMPTS} attempts: ${reason}.`, {
    hint: "Try again: files that were already uploaded are not sent twice."
  });
}
