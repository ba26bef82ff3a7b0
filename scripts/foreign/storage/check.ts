import { createHash, randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { encode } from "fast-png";
import type { Counterpart } from "../counterparts.ts";
import type { Installed } from "../install.ts";
import { ServerProcess } from "../process.ts";
import type { Check } from "../sign-in.ts";
import { User } from "../user.ts";
import { startHosted, type Target } from "../hosted.ts";
import { presign, type Signed } from "./presign.ts";

/** The uploaded file's hashes, in the form used in headers. */
interface Facts {
  size: number;
  md5: string;
  sha256: string;
}

/** A way to sign an upload, and the expected result. */
interface Variant {
  name: string;
  sign: (facts: Facts) => Omit<Signed, "path">;
  /** Headers that the hosted server returns with the URL. */
  named?: (facts: Facts) => Record<string, string>;
  /** For every URL except the first. */
  again?: (facts: Facts) => Omit<Signed, "path">;
  path?: string;
  /** Matches the program's error, if the upload must fail. */
  says?: RegExp;
  /** Damages the URL. */
  spoil?: (url: string) => string;
  without?: string;
}

const TYPE = { "content-type": "image/png" };
const MINUTE_MS = 60_000;
const ago = (minutes: number): Date => new Date(Date.now() - minutes * MINUTE_MS);

const VARIANTS: readonly Variant[] = [
  { name: "PUT with only the host signed", sign: () => ({ headers: {} }) },
  {
    name: "PUT with type and length signed",
    sign: ({ size }) => ({ headers: { ...TYPE, "content-length": String(size) } })
  },
  {
    name: "a key with spaces, umlauts and signs",
    path: "/uploads/a%20b/%C3%A4%2B%26%3D.png",
    sign: () => ({ headers: TYPE })
  },
  {
    name: "Content-MD5, named along with the URL",
    sign: ({ md5 }) => ({ headers: { ...TYPE, "content-md5": md5 } }),
    named: ({ md5 }) => ({ "Content-MD5": md5 })
  },
  {
    name: "Content-MD5 that isn't named along with the URL",
    sign: ({ md5 }) => ({ headers: { ...TYPE, "content-md5": md5 } }),
    says: /content-md5/
  },
  {
    name: "x-amz-checksum-sha256, filled in from the file",
    sign: ({ sha256 }) => ({ headers: { ...TYPE, "x-amz-checksum-sha256": sha256 } })
  },
  {
    name: "x-amz-checksum-sha256 and its algorithm",
    sign: ({ sha256 }) => ({
      headers: { ...TYPE, "x-amz-checksum-sha256": sha256, "x-amz-sdk-checksum-algorithm": "SHA256" }
    })
  },
  {
    name: "x-amz-checksum-crc32 that isn't named along with the URL",
    sign: () => ({ headers: { ...TYPE, "x-amz-checksum-crc32": "AAAAAA==" } }),
    says: /x-amz-checksum-crc32/
  },
  {
    name: "metadata, named along with the URL",
    sign: () => ({ headers: { ...TYPE, "x-amz-meta-purpose": "hero" } }),
    named: () => ({ "x-amz-meta-purpose": "hero" })
  },
  {
    name: "a signed type that differs from the one sent",
    sign: () => ({ headers: { "content-type": "image/webp" } }),
    says: /403 \(SignatureDoesNotMatch\)/
  },
  {
    name: "a URL that was changed in transit",
    sign: () => ({ headers: TYPE }),
    spoil: (url) => url.replace("/uploads/", "/uploads/other-"),
    says: /403 \(SignatureDoesNotMatch\)/
  },
  {
    name: "an expired URL, then a fresh one",
    sign: () => ({ headers: TYPE, at: ago(20) }),
    again: () => ({ headers: TYPE })
  },
  {
    name: "nothing but expired URLs",
    sign: () => ({ headers: TYPE, at: ago(20) }),
    says: /expired too.*clock/s
  },
  {
    name: "a bucket that doesn't exist",
    path: "/nowhere/a.png",
    sign: () => ({ headers: TYPE }),
    says: /404 \(NoSuchBucket\)/
  },
  {
    name: "a signature from the future",
    sign: () => ({ headers: TYPE, at: ago(-60) }),
    says: /403/,
    without: "it doesn't compare the date of a presigned URL with its clock"
  },
  {
    name: "bytes that don't match Content-MD5 or a checksum",
    sign: () => ({ headers: TYPE }),
    says: /BadDigest/,
    without: "it compares neither with the bytes"
  }
];

/**
 * Uploads through the built program to a third-party storage, with PUTs signed in every way that S3 supports.
 */
export async function checkStorage(counterpart: Counterpart, installed: Installed): Promise<Check[]> {
  const storage = await ServerProcess.start(counterpart, installed);
  const hosted = await startHosted();
  const user = new User(hosted.url, { IMGWIRE_ACCESS_TOKEN: "foreign" });
  const checks: Check[] = [];
  try {
    for (const [index, variant] of VARIANTS.entries()) {
      const { name, without } = variant;
      if (without !== undefined) {
        checks.push({ name, without });
        continue;
      }
      const failed = await attempt(variant, `${index}.png`, new URL(storage.url).origin).catch(
        (error: Error) => error.message
      );
      checks.push({ name, ...(failed !== undefined && { failed }) });
    }
  } finally {
    await Promise.all([user.remove(), hosted.close(), storage.remove()]);
  }
  return checks;

  async function attempt(variant: Variant, fileName: string, origin: string): Promise<string | undefined> {
    const bytes = encode({ width: 80, height: 60, data: randomBytes(80 * 60 * 3), channels: 3 });
    const file = join(user.folder, fileName);
    writeFileSync(file, bytes);
    const path = variant.path ?? `/uploads/${fileName}`;
    let issued = 0;
    hosted.target = async () => {
      const sign = issued++ > 0 && variant.again ? variant.again : variant.sign;
      return target(variant, await presign(origin, { ...sign(factsOf(bytes)), path }), factsOf(bytes));
    };
    const { code, stdout, stderr } = await user.run(["upload", file]);
    const said = stdout + stderr;
    if (variant.says) return variant.says.test(said) && code !== 0 ? undefined : `exit code ${code}: ${said}`;
    if (code !== 0) return `exit code ${code}: ${said}`;
    const stored = Buffer.from(await (await fetch(origin + path)).arrayBuffer());
    return stored.equals(bytes) ? undefined : `the stored ${stored.length} bytes differ`;
  }
}

function target({ named, spoil }: Variant, url: string, facts: Facts): Target {
  return { upload_url: spoil ? spoil(url) : url, ...(named && { upload_headers: named(facts) }) };
}

function factsOf(bytes: Uint8Array): Facts {
  const hash = (name: string): string => createHash(name).update(bytes).digest("base64");
  return { size: bytes.length, md5: hash("md5"), sha256: hash("sha256") };
}
