import { createHash, createHmac, randomBytes, timingSafeEqual, type BinaryLike } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import { SignatureV4 } from "@smithy/signature-v4";
import { urlOf } from "../http/message.ts";

/** Why a presigned request is rejected, with an S3 error code. */
export type Refusal = {
  code: "AccessDenied" | "SignatureDoesNotMatch" | "AuthorizationQueryParametersError";
  message: string;
};

export interface ToSign {
  method: "PUT" | "GET";
  /** Starts with the bucket: `/bucket/key`. */
  path: string;
  /** Headers that the request must have, by lower-case name. */
  headers: Record<string, string>;
  /** Seconds. */
  expiresIn: number;
}

const algorithm = "AWS4-HMAC-SHA256";

/**
 * Creates presigned URLs (AWS Signature Version 4, query string authentication) and verifies requests that
 * use them.
 */
export class UrlSigner {
  readonly #origin: URL;
  readonly #presigner: S3RequestPresigner;
  readonly #verifier: SignatureV4;
  readonly #accessKeyId = `AKIA${randomBytes(8).toString("hex").toUpperCase()}`;

  constructor(origin: string) {
    this.#origin = new URL(origin);
    const credentials = {
      accessKeyId: this.#accessKeyId,
      secretAccessKey: randomBytes(30).toString("base64")
    };
    const options = {
      credentials,
      region: "auto",
      service: "s3",
      sha256: Sha256,
      uriEscapePath: false,
      applyChecksum: false
    };
    this.#presigner = new S3RequestPresigner(options);
    this.#verifier = new SignatureV4(options);
  }

  async sign({ method, path, headers, expiresIn }: ToSign): Promise<string> {
    const signed = await this.#presigner.presign(this.#request(method, path, {}, headers), {
      expiresIn,
      signableHeaders: new Set(Object.keys(headers))
    });
    const query = Object.entries(signed.query ?? {}).map(
      ([name, value]) => `${name}=${encodeURIComponent(String(value))}`
    );
    return `${this.#origin.origin}${path}?${query.join("&")}`;
  }

  /** @returns the reason to reject the request; undefined if it matches its signature and hasn't expired */
  async refuse(req: IncomingMessage): Promise<Refusal | undefined> {
    const { pathname, searchParams } = urlOf(req);
    const query = Object.fromEntries(searchParams);
    const signature = query["X-Amz-Signature"];
    if (!signature) return { code: "AccessDenied", message: "Access Denied" };
    const signedAt = parseDate(query["X-Amz-Date"] ?? "");
    const expiresIn = Number(query["X-Amz-Expires"]);
    if (query["X-Amz-Algorithm"] !== algorithm || !signedAt || !(expiresIn > 0)) {
      return {
        code: "AuthorizationQueryParametersError",
        message: "The query string is not a presigned one."
      };
    }
    if (Date.now() > signedAt.getTime() + expiresIn * 1000)
      return { code: "AccessDenied", message: "Request has expired" };
    const names = (query["X-Amz-SignedHeaders"] ?? "").split(";");
    const headers = Object.fromEntries(names.map((name) => [name, String(req.headers[name] ?? "")]));
    delete query["X-Amz-Signature"];
    const expected = await this.#verifier.presign(this.#request(req.method ?? "", pathname, query, headers), {
      signingDate: signedAt,
      expiresIn,
      signableHeaders: new Set(names),
      unhoistableHeaders: new Set(names)
    });
    if (equal(String(expected.query?.["X-Amz-Signature"]), signature)) return undefined;
    return {
      code: "SignatureDoesNotMatch",
      message:
        "The request signature we calculated does not match the signature you provided. Check your key and signing method."
    };
  }

  #request(method: string, path: string, query: Record<string, string>, headers: Record<string, string>) {
    const { hostname, port, host } = this.#origin;
    return {
      method,
      protocol: "http:",
      hostname,
      port: Number(port),
      path,
      query,
      headers: { host, "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", ...headers }
    };
  }
}

/** SHA-256 and its HMAC, in the form that the signer expects. */
export class Sha256 {
  readonly #hash;

  constructor(secret?: unknown) {
    this.#hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as BinaryLike);
  }

  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error("a hash is used once");
  }
}

/** Parses a date such as `20260101T000000Z`. */
function parseDate(text: string): Date | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
