import { S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import { Sha256 } from "../../../sandbox/storage/signing.ts";

/** What to sign a URL for. */
export interface Signed {
  /** Starts with the bucket. */
  path: string;
  /** Headers that the request must have, by lower-case name. */
  headers: Record<string, string>;
  /** The time of signing; now by default. */
  at?: Date;
}

const LIFETIME_S = 900;

/**
 * Creates a presigned URL for a PUT with AWS's own signer.
 * @param origin the storage's origin
 */
export async function presign(origin: string, { path, headers, at }: Signed): Promise<string> {
  const { hostname, port, host } = new URL(origin);
  const presigner = new S3RequestPresigner({
    credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    region: "us-east-1",
    service: "s3",
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false
  });
  const names = new Set(Object.keys(headers));
  const request = { method: "PUT", protocol: "http:", hostname, port: Number(port), path, query: {} };
  const { query = {} } = await presigner.presign(
    { ...request, headers: { host, "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", ...headers } },
    {
      expiresIn: LIFETIME_S,
      signableHeaders: names,
      unhoistableHeaders: names,
      ...(at && { signingDate: at })
    }
  );
  const pairs = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return `http://${host}${path}?${pairs.join("&")}`;
}
