import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { identify } from "../../src/transfer/image/identify.ts";
import { sourceIn } from "../../src/transfer/image/source.ts";
import { hasPosition } from "../../src/transfer/metadata/find.ts";
import { openForUpload } from "../../src/transfer/upload.ts";
import { removeFolder } from "../support/folder.ts";
import { PARTS } from "../support/parts.ts";

let folder: string;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "imgwire-metadata-")));
});
afterAll(() => removeFolder(folder));

const SECRETS = ["SERIAL-4711", "Ann Example", "Secret caption"];
const EXIF = {
  IFD0: { Artist: "Ann Example", ImageDescription: "Secret caption" },
  IFD2: { BodySerialNumber: "SERIAL-4711" },
  IFD3: {
    GPSLatitudeRef: "N",
    GPSLatitude: "52/1 31/1 12/1",
    GPSLongitudeRef: "E",
    GPSLongitude: "13/1 24/1 18/1"
  }
};
const XMP =
  '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/" exif:GPSLatitude="52,31.2N" exif:GPSLongitude="13,24.3E" aux:SerialNumber="SERIAL-4711"/></rdf:RDF></x:xmpmeta>';

/** An image with a colour profile. */
function picture(): ReturnType<typeof sharp> {
  const noise = { type: "gaussian", mean: 128, sigma: 30 } as const;
  return sharp({ create: { width: 60, height: 40, channels: 3, background: "#888", noise } }).withIccProfile(
    "p3"
  );
}

/** Writes bytes to a file and strips their metadata. @returns the bytes that would be sent */
async function stripped(bytes: Buffer, name: string): Promise<Buffer> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const policy = {
    ...{ cwd: folder, home: folder, temp: [], platform: process.platform, uploadRoots: [folder] },
    clientRoots: []
  };
  const signal = AbortSignal.timeout(60_000);
  const file = await openForUpload(path, { policy, stripMetadata: true, signal });
  try {
    const sent = Buffer.alloc(file.size);
    await file.handle.read(sent, 0, file.size, 0);
    return sent;
  } finally {
    await file.handle.close();
    expect((await readFile(path)).equals(bytes)).toBe(true);
  }
}

const pixels = (bytes: Buffer): Promise<Buffer> => sharp(bytes).raw().toBuffer();

const FORMATS = ["jpeg", "png", "webp", "tiff", "avif"] as const;

describe.each(FORMATS)("an image of type %s with metadata", (format) => {
  let bytes: Buffer;
  let sent: Buffer;

  beforeAll(async () => {
    bytes = await picture()
      .withMetadata({ orientation: 6 })
      .withIccProfile("p3")
      .withExif(EXIF)
      .withXmp(XMP)
      .toFormat(format)
      .toBuffer();
    sent = await stripped(bytes, `a.${format}`);
  });

  it("removes the position from the image [transfer.metadata-stripped]", async () => {
    expect(await hasPosition(sourceIn(bytes), `image/${format}`)).toBe(true);
    expect(await hasPosition(sourceIn(sent), `image/${format}`)).toBe(false);
    for (const secret of SECRETS) expect(sent.includes(secret), secret).toBe(false);
    expect(sent.includes("GPSL")).toBe(false);
  });

  it("keeps every pixel, the orientation and the colour profile [transfer.metadata-stripped]", async () => {
    expect((await pixels(sent)).equals(await pixels(bytes))).toBe(true);
    const [before, after] = [await sharp(bytes).metadata(), await sharp(sent).metadata()];
    expect(after.orientation).toBe(format === "avif" ? before.orientation : 6);
    expect(after.icc).toEqual(before.icc);
    expect(after.icc?.length).toBeGreaterThan(0);
    expect(await identify(sourceIn(sent))).toEqual({ kind: "image", mimeType: `image/${format}` });
  });

  it("changes nothing when metadata is removed again [transfer.metadata-stripped]", async () => {
    expect((await stripped(sent, `b.${format}`)).equals(sent)).toBe(true);
  });
});

it.each(["jpeg", "png", "webp"] as const)(
  "removes what follows a %s, such as the video of a motion photo [transfer.metadata-stripped]",
  async (format) => {
    const plain = await picture().toFormat(format).toBuffer();
    const film = Buffer.from("\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\0\x20udta\xa9xyz+52.5+13.4/", "latin1");
    const sent = await stripped(Buffer.concat([plain, film]), `film.${format}`);
    expect(sent.equals(await stripped(plain, `plain.${format}`))).toBe(true);
  }
);

it("refuses to send a file whose metadata it can't parse [transfer.metadata-stripped]", async () => {
  const film = Buffer.from("\0\0\0\x10moov\0\0\0\xffudta", "latin1");
  const bytes = Buffer.concat([await picture().toFormat("avif").toBuffer(), film]);
  await expect(stripped(bytes, "broken.avif")).rejects.toMatchObject({ code: "metadata_unreadable" });
});

describe.runIf(PARTS.exiftool.path && PARTS.heif.path)("exiftool on an image without metadata", () => {
  const EXTENSIONS = ["jpg", "png", "webp", "tif", "heic"] as const;
  const TAGS = [
    ..."-Orientation=6 -EXIF:GPSLatitude=52.52 -EXIF:GPSLatitudeRef=N -EXIF:GPSLongitude=13.4".split(" "),
    ..."-EXIF:GPSLongitudeRef=E -XMP-exif:GPSLatitude=52.52 -XMP-exif:GPSLongitude=13.4".split(" "),
    ..."-XMP-iptcExt:LocationShownCity=Berlin -EXIF:SerialNumber=S-47 -XMP-aux:SerialNumber=S-47".split(" "),
    ..."-EXIF:LensSerialNumber=L-12 -EXIF:Artist=Ann -XMP-dc:Creator=Ann -IPTC:By-line=Ann".split(" "),
    ..."-EXIF:OwnerName=Ann -Comment=Secret".split(" ")
  ];
  const PRIVATE = /gps|location|city|serial|artist|creator|by-?line|owner|comment|caption|position\b/i;
  let tags: ReadonlyMap<string, readonly string[]>;

  const path = (name: string, extension: string): string => join(folder, `${name}.${extension}`);
  const run = (args: readonly string[]): string =>
    execFileSync(String(PARTS.exiftool.path), args, { encoding: "utf8" });

  /** Tags an image in each format, strips it, and reads all files in one run of exiftool, which is slow. */
  beforeAll(async () => {
    for (const [extension, format] of [
      ["jpg", "jpeg"],
      ["png", "png"],
      ["webp", "webp"],
      ["tif", "tiff"]
    ] as const) {
      await picture().toFormat(format).toFile(path("tagged", extension));
    }
    await writeFile(path("tagged", "heic"), await readFile(new URL("images/a.heic", import.meta.url)));
    const tagged = EXTENSIONS.map((extension) => path("tagged", extension));
    run(["-q", "-q", "-m", "-n", "-overwrite_original", ...TAGS, ...tagged]);
    for (const extension of EXTENSIONS) {
      const bytes = await readFile(path("tagged", extension));
      await writeFile(path("sent", extension), await stripped(bytes, `copy.${extension}`));
    }
    const sent = EXTENSIONS.map((extension) => path("sent", extension));
    // Everything that exiftool finds, including unknown tags, embedded files and data after the end.
    const read = run("-j -a -u -ee3 -G1 -api RequestAll=3".split(" ").concat(tagged, sent));
    const found = JSON.parse(read) as { SourceFile: string }[];
    tags = new Map(found.map((each) => [each.SourceFile, Object.keys(each).filter(isFromContent)]));
  });

  /** False for tags about the file itself, such as its name, and about its colour profile. */
  function isFromContent(tag: string): boolean {
    return !/^(?:File|System|ExifTool|SourceFile|ICC-header|ICC_Profile)/.test(tag);
  }

  it.each(EXTENSIONS)(
    "finds a position in a %s with exiftool, and none in what is sent [transfer.metadata-stripped]",
    (extension) => {
      const before = tags.get(path("tagged", extension)) ?? [];
      const after = tags.get(path("sent", extension)) ?? [];
      expect(before.filter((tag) => /GPSLatitude$/.test(tag)).length).toBeGreaterThan(0);
      expect(after.filter((tag) => PRIVATE.test(tag))).toEqual([]);
      expect(after).toContain("IFD0:Orientation");
    }
  );

  it.each(EXTENSIONS)(
    "keeps every pixel of a %s that exiftool has tagged [transfer.metadata-stripped]",
    async (extension) => {
      const [before, after] = [path("tagged", extension), path("sent", extension)];
      expect((await decoded(after)).equals(await decoded(before))).toBe(true);
    }
  );

  async function decoded(file: string): Promise<Buffer> {
    if (!file.endsWith(".heic")) return pixels(await readFile(file));
    execFileSync(String(PARTS.heif.path), [file, `${file}.png`], { stdio: "ignore" });
    return pixels(await readFile(`${file}.png`));
  }
});

describe("a JPEG XL converted from a JPEG", () => {
  const bytes = readFileSync(join(import.meta.dirname, "images/encoders/cjxl-from-jpeg-container.jxl"));

  it("clears the data that a JPEG XL keeps to reconstruct the original JPEG with its comments [transfer.metadata-stripped]", async () => {
    const at = bytes.indexOf("jbrd");
    const size = bytes.readUInt32BE(at - 4) - 8;
    expect(bytes.subarray(at + 4, at + 4 + size).equals(Buffer.alloc(size))).toBe(false);
    const sent = await stripped(bytes, "from-jpeg.jxl");
    expect(sent.indexOf("jbrd")).toBe(-1);
    expect(sent.subarray(at + 4, at + 4 + size).equals(Buffer.alloc(size))).toBe(true);
    expect(await identify(sourceIn(sent))).toEqual({ kind: "image", mimeType: "image/jxl" });
  });
});
