import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { deflateSync } from "node:zlib";
import { LockFile } from "../../src/documents/lock-file.ts";
import { publishDocuments } from "../../src/documents/publication.ts";
import { Inspections } from "../../src/transfer/inspections.ts";
import { updateCrc } from "../../src/transfer/image/png.ts";

/** Writes a file in a folder. */
export function put(folder: string, name: string, content: string | Buffer): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

/** Writes a number of distinct images and returns their names. */
export function putImages(folder: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `img/${index % 100}/${index}.png`;
    put(folder, name, picture(index));
    return name;
  });
}

/** A PNG of four pixels that encode a number. */
function picture(number: number): Buffer {
  const header = Buffer.from([0, 0, 0, 4, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const pixels = Buffer.alloc(5);
  pixels.writeUInt32BE(number, 1);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(pixels)),
    chunk("IEND", Buffer.alloc(0))
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, crc] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  crc.writeUInt32BE(~updateCrc(~0, body) >>> 0);
  return Buffer.concat([length, body, crc]);
}

/** Inspects images as the program does for an upload, with its cache next to the project. */
function inspectionsOf(folder: string): Inspections {
  const policy = {
    ...{ cwd: folder, home: folder, temp: [], platform: process.platform, uploadRoots: undefined },
    clientRoots: [folder]
  };
  return new Inspections(`${folder}-inspected.json`, { policy, signal: new AbortController().signal });
}

/** Publishes documents without a service: every image is accepted and gets a URL. */
export async function publish(folder: string, documents: readonly string[]): Promise<void> {
  const inspections = inspectionsOf(folder);
  const { problems } = await publishDocuments(
    documents.map((name) => join(folder, name)),
    {
      lock: LockFile.read(folder),
      folders: { project: folder, roots: [folder] },
      inspect: (path) => inspections.inspect(path),
      async upload(paths, tell) {
        for (const path of paths) {
          const { sha256 } = await inspections.inspect(path);
          const id = sha256.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
          await tell({ path, sha256, imageId: id, cdnUrl: `https://cdn.imgwire.dev/org/env/${id}` });
        }
      }
    }
  );
  await inspections.save();
  if (problems.length > 0)
    throw new Error(`${problems.length} problems, first: ${JSON.stringify(problems[0])}`);
}
