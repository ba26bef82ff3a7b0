import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { identify, type ImageVerdict } from "../../src/transfer/image/identify.ts";
import { sourceIn } from "../../src/transfer/image/source.ts";
import { SUPPORTED_TYPES } from "../../src/transfer/inspect.ts";

/** One image, encoded by third-party encoders: see images/make.sh. */
const FOLDER = join(import.meta.dirname, "images/encoders");
const FILES = readdirSync(FOLDER);
const TEXT = Buffer.from("The password of the test system is CANARY-4711.\n".repeat(400));

const of = (bytes: Buffer): Promise<ImageVerdict> => identify(sourceIn(bytes));

it("has images of every type that Imgwire supports", () => {
  const extensions = new Set(FILES.map((name) => extname(name).slice(1)));
  const missing = Object.entries(SUPPORTED_TYPES).filter(([, of]) => !of.some((one) => extensions.has(one)));
  expect(missing).toEqual([]);
});

describe.each(FILES)("%s", (name) => {
  const bytes = readFileSync(join(FOLDER, name));
  const tenths = Array.from({ length: 9 }, (_, index) => Math.floor((bytes.length * (index + 1)) / 10));

  it("accepts the image by its structure [transfer.type-proved]", async () => {
    const extension = extname(name).slice(1);
    const mimeType = Object.entries(SUPPORTED_TYPES).find(([, of]) => of.includes(extension))?.[0];
    expect(await of(bytes)).toEqual({ kind: "image", mimeType });
  });

  // After its headers, only a decoder can tell where a codestream ends.
  it.skipIf(bytes.readUInt16BE() === 0xff0a)(
    "refuses the image if it is truncated at any tenth [transfer.type-proved]",
    async () => {
      for (const end of tenths)
        expect((await of(bytes.subarray(0, end))).kind, `at ${end}`).not.toBe("image");
    }
  );

  it("refuses the image if its beginning is followed by text [transfer.type-proved]", async () => {
    for (const end of [16, 64, 128, ...tenths]) {
      const spliced = Buffer.concat([bytes.subarray(0, end), TEXT]);
      expect((await of(spliced)).kind, `at ${end}`).not.toBe("image");
    }
  });
});
