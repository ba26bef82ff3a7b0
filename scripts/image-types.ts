/**
 * Measures how well image types are detected. Walks folders of this machine and lists the files that pass as
 * images although no decoder can read them (there must be none), and the images that are refused although a
 * decoder can. Then does the same for images made by sharp and the codecs' own tools, whole and truncated.
 *
 * npm run image-types -- [folder...]     (default: /etc, /usr/share and node_modules)
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import sharp from "sharp";
import { identify } from "../src/transfer/image/prove.ts";
import { sourceIn } from "../src/transfer/image/source.ts";
import { SUPPORTED_TYPES } from "../src/transfer/inspect.ts";

const EXTENSIONS = new Set(Object.values(SUPPORTED_TYPES).flat());
const MAX_BYTES = 100 * 1024 * 1024;

interface Tally {
  files: number;
  images: number;
  wronglyTaken: string[];
  wronglyRefused: string[];
}

const folders = process.argv.slice(2);
const tally: Tally = { files: 0, images: 0, wronglyTaken: [], wronglyRefused: [] };
for (const folder of folders.length > 0 ? folders : ["/etc", "/usr/share", "node_modules"]) {
  for (const path of filesIn(folder)) await judgeFile(path, tally);
}
console.log(`${tally.files} files, ${tally.images} of them images.`);
list("Taken for an image, though no decoder shows one", tally.wronglyTaken);
list("Refused, though a decoder shows an image", tally.wronglyRefused);
const made = await judgeMade();
process.exitCode = tally.wronglyTaken.length + made > 0 ? 1 : 0;

function* filesIn(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else if (entry.isFile()) yield path;
  }
}

async function judgeFile(path: string, counts: Tally): Promise<void> {
  const { size } = statSync(path);
  if (size === 0 || size > MAX_BYTES) return;
  const bytes = readFileSync(path);
  counts.files += 1;
  const verdict = await identify(sourceIn(bytes));
  if (verdict.kind === "image") {
    counts.images += 1;
    if (!(await isShown(path, bytes))) counts.wronglyTaken.push(`${path} (${verdict.mimeType})`);
  } else if (verdict.kind === "damaged" || EXTENSIONS.has(extname(path).slice(1).toLowerCase())) {
    const why = verdict.kind === "damaged" ? verdict.wrong : verdict.kind;
    if (await isShown(path, bytes)) counts.wronglyRefused.push(`${path} (${why})`);
  }
}

/** Whether a decoder can read it: sharp, or ImageMagick for types that sharp doesn't support. */
async function isShown(path: string, bytes: Buffer): Promise<boolean> {
  try {
    const { format } = await sharp(bytes, { failOn: "error" }).metadata();
    await sharp(bytes, { failOn: "error" }).resize(1, 1, { fit: "fill" }).raw().toBuffer();
    if (format !== "svg") return true;
  } catch {
    // Try the next decoder.
  }
  const kinds = ["bmp", "ico", "tiff", "jpg", "png", "gif", "webp", "heic"];
  if (
    bytes.subarray(0, 2).equals(Buffer.from([0xff, 0x0a])) ||
    bytes.subarray(4, 8).equals(Buffer.from("JXL "))
  ) {
    return runs("djxl", [path, join(tmpdir(), "imgwire-djxl.ppm")]);
  }
  const kind =
    kinds[
      ["BM", "\0\0", "II", "MM", "\xff\xd8", "\x89P", "GI", "RI"].indexOf(bytes.toString("latin1", 0, 2))
    ];
  return kind !== undefined && runs("convert-im6.q16", ["-regard-warnings", `${kind}:${path}[0]`, "null:"]);
}

function runs(command: string, args: readonly string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}

function list(title: string, lines: readonly string[]): void {
  console.log(`${title}: ${lines.length}`);
  for (const line of lines.slice(0, 40)) console.log(`  ${line}`);
}

/**
 * Checks generated images, whole (each must pass) and truncated at each tenth (none may pass, except JPEG XL
 * codestreams).
 */
async function judgeMade(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "imgwire-types-"));
  let wrong = 0;
  try {
    for (const [name, bytes] of await makeImages(folder)) {
      const whole = await identify(sourceIn(bytes));
      const cuts = [];
      for (let tenth = 1; tenth < 10; tenth++) {
        const cut = await identify(sourceIn(bytes.subarray(0, Math.floor((bytes.length * tenth) / 10))));
        if (cut.kind === "image") cuts.push(tenth);
      }
      const isCodestream = bytes[0] === 0xff && bytes[1] === 0x0a;
      if (whole.kind !== "image" || (cuts.length > 0 && !isCodestream)) wrong += 1;
      const what = whole.kind === "image" ? whole.mimeType : JSON.stringify(whole);
      console.log(`${name}: ${what}; cut short and taken at tenths: ${cuts.join(", ") || "none"}`);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return wrong;
}

async function makeImages(folder: string): Promise<[string, Buffer][]> {
  const noise = sharp({
    create: {
      width: 320,
      height: 240,
      channels: 3,
      background: "#808080",
      noise: { type: "gaussian", mean: 128, sigma: 40 }
    }
  });
  const png = join(folder, "in.png");
  writeFileSync(png, await noise.png().toBuffer());
  const made: [string, Buffer][] = [];
  for (const format of ["jpeg", "png", "webp", "avif", "gif", "tiff"] as const) {
    made.push([`sharp ${format}`, await sharp(png).toFormat(format).toBuffer()]);
  }
  made.push(["sharp progressive jpeg", await sharp(png).jpeg({ progressive: true }).toBuffer()]);
  made.push(["sharp lossless webp", await sharp(png).webp({ lossless: true }).toBuffer()]);
  made.push(["sharp tiled tiff", await sharp(png).tiff({ tile: true, compression: "lzw" }).toBuffer()]);
  const tools: [file: string, command: string, args: string[]][] = [
    ["a.jxl", "cjxl", [png, "a.jxl"]],
    ["lossless.jxl", "cjxl", [png, "lossless.jxl", "-d", "0"]],
    ["container.jxl", "cjxl", [png, "container.jxl", "--container=1"]],
    ["a.heic", "heif-enc", [png, "-o", "a.heic"]],
    ["a.avif", "avifenc", [png, "a.avif"]],
    ["a.webp", "cwebp", [png, "-o", "a.webp"]],
    ["a.bmp", "convert-im6.q16", [png, "a.bmp"]],
    ["bmp3.bmp", "convert-im6.q16", [png, "BMP3:bmp3.bmp"]],
    [
      "rle.bmp",
      "convert-im6.q16",
      [png, "-colors", "16", "-type", "palette", "-compress", "RLE", "BMP3:rle.bmp"]
    ],
    ["a.ico", "convert-im6.q16", [png, "-define", "icon:auto-resize=48,32,16", "a.ico"]],
    ["a.tif", "convert-im6.q16", [png, "-compress", "none", "a.tif"]],
    ["anim.gif", "convert-im6.q16", [png, "-rotate", "90", png, "anim.gif"]]
  ];
  for (const [file, command, args] of tools) {
    try {
      execFileSync(command, args, { cwd: folder, stdio: "ignore", timeout: 60_000 });
      made.push([`${command} ${file}`, readFileSync(join(folder, file))]);
    } catch {
      console.log(`${command} could not make ${file}: not installed?`);
    }
  }
  return made;
}
