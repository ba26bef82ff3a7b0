import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import sharp from "sharp";
import { identify, type ImageVerdict } from "../../src/transfer/image/identify.ts";
import { sourceIn } from "../../src/transfer/image/source.ts";

/** One image of each type that Imgwire supports, large enough that a cut falls into its data. */
const images = new Map<string, { mimeType: string; bytes: Buffer }>();

const STORED = [
  ["JPEG XL codestream", "image/jxl", "codestream.jxl"],
  ["JPEG XL container", "image/jxl", "container.jxl"],
  ["HEIC", "image/heic", "a.heic"],
  ["BMP", "image/bmp", "a.bmp"],
  ["ICO", "image/vnd.microsoft.icon", "a.ico"]
] as const;
const MADE = ["jpeg", "png", "webp", "avif", "gif", "tiff"] as const;
const NAMES = [...STORED.map(([name]) => name), ...MADE];

beforeAll(async () => {
  for (const [name, mimeType, file] of STORED) {
    images.set(name, { mimeType, bytes: readFileSync(new URL(`images/${file}`, import.meta.url)) });
  }
  const noise = sharp({
    create: {
      width: 64,
      height: 48,
      channels: 3,
      background: "#888",
      noise: { type: "gaussian", mean: 128, sigma: 30 }
    }
  });
  const picture = await noise.png().toBuffer();
  for (const format of MADE) {
    images.set(format, {
      mimeType: `image/${format}`,
      bytes: await sharp(picture).toFormat(format).toBuffer()
    });
  }
});

function image(name: string): { mimeType: string; bytes: Buffer } {
  const found = images.get(name);
  if (!found) throw new Error(name);
  return found;
}

const of = (bytes: Buffer): Promise<ImageVerdict> => identify(sourceIn(bytes));

const TEXT = Buffer.from(
  "# Meeting notes\n\nThe password of the test system is CANARY-4711; please change it before Friday.\n".repeat(
    2000
  )
);
const KEY = Buffer.from(`-----BEGIN PRIVATE KEY-----\n${"MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n".repeat(50)}`);

describe.each(NAMES)("%s", (name) => {
  it("accepts the image by its structure, whatever it is named [transfer.type-proved]", async () => {
    const { mimeType, bytes } = image(name);
    expect(await of(bytes)).toEqual({ kind: "image", mimeType });
  });

  it("doesn't mistake the image for another type because of a foreign signature [transfer.type-proved]", async () => {
    const { mimeType, bytes } = image(name);
    for (const other of NAMES.filter((each) => image(each).mimeType !== mimeType)) {
      if (other === "JPEG XL codestream") continue; // After its headers, only a decoder can tell what is valid.
      const mislabelled = Buffer.concat([image(other).bytes.subarray(0, 12), bytes.subarray(12)]);
      // A HEIF file names its codec elsewhere as well, and that is what counts.
      const verdict = await of(mislabelled);
      expect(verdict.kind === "image" ? verdict.mimeType : mimeType, other).toBe(mimeType);
    }
  });

  it("refuses the image if text or a key follows any part of it [transfer.type-proved]", async () => {
    const { bytes } = image(name);
    const cuts = [2, 3, 4, 6, 8, 10, 12, 14, 16, 20, 24, 30, 34, 40, 54, 64, 100, 128];
    for (let tenth = 1; tenth <= 10; tenth++) cuts.push(Math.floor((bytes.length * tenth) / 10));
    for (const cut of cuts.filter((each) => each <= bytes.length)) {
      for (const [what, foreign] of [
        ["long text", TEXT],
        ["a key", KEY],
        ["text of the same length", TEXT.subarray(0, Math.max(0, bytes.length - cut))]
      ] as const) {
        if (cut === bytes.length && foreign.length === 0) continue;
        const spliced = Buffer.concat([bytes.subarray(0, cut), foreign]);
        // Less than a few lines of text after part of an image is too little to leak a file.
        if (foreign.length >= 256) expect((await of(spliced)).kind, `${what} at ${cut}`).not.toBe("image");
      }
    }
  });

  it.skipIf(name === "JPEG XL codestream")(
    "refuses the image if it is truncated [transfer.type-proved]",
    async () => {
      const { bytes } = image(name);
      for (let tenth = 1; tenth < 10; tenth++) {
        const cut = bytes.subarray(0, Math.floor((bytes.length * tenth) / 10));
        expect((await of(cut)).kind, `${tenth} tenths`).not.toBe("image");
      }
    }
  );

  it("accepts what cameras append to an image, but not an archive [transfer.type-proved]", async () => {
    const { bytes } = image(name);
    expect((await of(Buffer.concat([bytes, Buffer.alloc(4096)]))).kind).toBe("image");
    if (name === "JPEG XL codestream") return; // It doesn't state where it ends.
    const archive = Buffer.concat([
      Buffer.from("PK\x03\x04\x14\0\0\0\x08\0", "latin1"),
      Buffer.alloc(200, 0x9c)
    ]);
    expect((await of(Buffer.concat([bytes, archive]))).kind).not.toBe("image");
  });
});

describe("a file that only starts like an image", () => {
  it.each([
    ["BM, then notes", "BM meeting notes\npassword: CANARY-hunter2"],
    ["an .env file", "BMC_PASSWORD=CANARY\nBMC_USER=root\n"],
    ["the first bytes of a JPEG, then text", "\xff\xd8\xffThe password is CANARY, and this is a text."],
    ["a JPEG's first marker, then text", "\xff\xd8\xff\xe0The password is CANARY, and this is a text."],
    ["the signature of a JPEG XL codestream, then text", "\xff\x0apassword: CANARY and some more of it"],
    ["II, then a number", "II*\0password: CANARY and some more of it"],
    ["an icon's first bytes, then text", "\0\0\x01\0\x01\0password: CANARY and some more of it"],
    ["GIF89a, then text", "GIF89a is a format. The password is CANARY."],
    ["RIFF and WEBP, then text", "RIFF\x20\0\0\0WEBPVP8 password: CANARY and some"],
    ["ftyp, then text", "\0\0\0\x18ftypavif\0\0\0\0avifmif1 password: CANARY and some more of it"]
  ])("refuses a file that only starts like an image: %s [transfer.type-proved]", async (_, content) => {
    expect((await of(Buffer.from(content, "latin1"))).kind).not.toBe("image");
  });

  it.each([
    ["SVG", '<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"/>', "SVG"],
    ["PDF", "%PDF-1.7\n", "application/pdf"]
  ])("names the type of an unsupported file: %s [transfer.unsupported-named]", async (_, content, name) => {
    expect(await of(Buffer.from(content))).toEqual({ kind: "unsupported", name });
  });

  it("recognises a Git LFS pointer [transfer.lfs-pointer-named]", async () => {
    const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12345\n`;
    expect(await of(Buffer.from(pointer))).toEqual({ kind: "lfs-pointer" });
  });
});

it("recognises an AVIF and a HEIC whose major brand doesn't tell the codec [transfer.type-proved]", async () => {
  for (const [name, brand] of [
    ["avif", "miaf"],
    ["avif", "mif1"],
    ["HEIC", "mif1"]
  ] as const) {
    const { mimeType, bytes } = image(name);
    const renamed = Buffer.from(bytes);
    renamed.write(brand, 8, "latin1");
    expect(await of(renamed), brand).toEqual({ kind: "image", mimeType });
  }
});

it.each([
  ["byte order marks", "\uFEFF"],
  ["empty comments", "<!---->"],
  ["unclosed comments", "<!--"]
])("refuses a text of nothing but %s [transfer.type-proved]", async (_, part) => {
  expect(await identify(sourceIn(Buffer.from(part.repeat(10_000))))).toEqual({ kind: "unknown" });
});
