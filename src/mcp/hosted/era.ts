import { join } from "node:path";
import { ImgwireError } from "../../errors.ts";
import type { Log } from "../../log.ts";
import { isObject } from "../../system/json.ts";
import { readJsonFile } from "../../system/read.ts";
import {
  type Incoming,
  type Era,
  HEADER_MISMATCH,
  UNSUPPORTED_PROTOCOL_VERSION
} from "../protocol/message.ts";

/** How long the era is remembered. Without a limit, we would never notice that a server was upgraded. */
const MAX_AGE_MS = 7 * 24 * 60 * 60 * 1_000;

/**
 * Remembers on disk that the hosted server speaks only the legacy era, so that the next process doesn't try
 * the modern one first.
 */
export class EraMemory {
  #legacyAt: number | undefined;
  #file: string;
  /** Resolves when the last change is on disk. */
  saved: Promise<void> = Promise.resolve();

  /** @param name identifies the hosted server in the file's name */
  constructor(
    cacheDir: string,
    name: string,
    private readonly log: Log
  ) {
    this.#file = join(cacheDir, `era-${name}.json`);
    this.#legacyAt = this.#read();
  }

  /** The era to try first: the modern one, unless the server is known not to speak it. */
  get first(): Era {
    const age = this.#legacyAt === undefined ? Number.NaN : Date.now() - this.#legacyAt;
    return age >= 0 && age < MAX_AGE_MS ? "legacy" : "modern";
  }

  /** Records the era that the server speaks. */
  spoke(era: Era): void {
    if (era === this.first) return;
    this.#legacyAt = era === "legacy" ? Date.now() : undefined;
    this.saved = this.#write().catch((error: unknown) =>
      this.log.debug(`The server's protocol era was not saved: ${String(error)}`)
    );
  }

  async #write(): Promise<void> {
    const { writeFileAtomic } = await import("../../system/write.ts");
    await writeFileAtomic(this.#file, `${JSON.stringify({ legacyAt: this.#legacyAt })}\n`);
  }

  #read(): number | undefined {
    try {
      const value = readJsonFile(this.#file);
      return isObject(value) && typeof value["legacyAt"] === "number" ? value["legacyAt"] : undefined;
    } catch (error) {
      this.log.debug(`${this.#file} is ignored: ${String(error)}`);
      return undefined;
    }
  }
}

/**
 * Whether an error may mean that the server speaks the other era: a JSON-RPC error, or an HTTP status 4xx
 * other than 401, 403 and 429, which the transport reports as other errors.
 */
export function isRefusal(error: unknown): error is ImgwireError {
  if (!(error instanceof ImgwireError)) return false;
  if (error.code === "protocol") return true;
  if (error.code !== "http_status") return false;
  const status = statusOf(error);
  return status !== undefined && status >= 400 && status < 500;
}

const OPENING = new Set(["initialize", "server/discover"]);

/** Whether an opening request was answered with a 5xx: a server that fails doesn't indicate its era. */
export function isFailure(method: string, status: number): boolean {
  return status >= 500 && OPENING.has(method);
}

/** The versions listed in an UnsupportedProtocolVersion error (-32022); undefined for any other error. */
export function supportedVersions(error: ImgwireError): readonly string[] | undefined {
  const cause = error.cause;
  if (!isObject(cause) || cause["code"] !== UNSUPPORTED_PROTOCOL_VERSION || !isObject(cause["data"]))
    return undefined;
  const supported = cause["data"]["supported"];
  return Array.isArray(supported) ? supported.filter((each) => typeof each === "string") : undefined;
}

/** The code of an error response; undefined for any other message. */
export function errorCodeOf(incoming: Incoming): number | undefined {
  const isResponse = incoming.kind === "response" || incoming.kind === "error";
  return isResponse ? incoming.message.error?.code : undefined;
}

/** Whether only modern servers use an error code. */
export function isModernCode(code: number | undefined): boolean {
  return code === UNSUPPORTED_PROTOCOL_VERSION || code === HEADER_MISMATCH;
}

/** Whether no modern server uses an error code, because neither JSON-RPC nor MCP 2026-07-28 defines it. */
export function isLegacyCode(code: number | undefined): boolean {
  return code !== undefined && code <= -32_000 && code >= -32_019;
}

function statusOf(error: ImgwireError): number | undefined {
  const cause = error.cause;
  return isObject(cause) && typeof cause["status"] === "number" ? cause["status"] : undefined;
}
