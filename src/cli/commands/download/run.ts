import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { UsageError } from "../../../errors.ts";
import { unwritable } from "../../../system/write-error.ts";
import { download } from "../../../transfer/download.ts";
import type { Destination, SavedImage } from "../../../transfer/unpack.ts";
import type { Invocation } from "../../command.ts";
import { hostedContext } from "../../hosted.ts";
import { imageIds } from "../../input/image-ids.ts";
import { plain } from "../../ui/output.ts";
import { humanBytes, progressLine } from "../../ui/progress.ts";
import { hostedDownloads } from "../../../mcp/service/transfers.ts";

/** Where to save images. */
export interface DownloadOptions {
  output: string;
  overwrite?: true;
  skipExisting?: true;
}

/** Downloads images to a folder, one image to a file, or one image to stdout. */
export async function runDownload(
  invocation: Invocation,
  { output, overwrite, skipExisting }: DownloadOptions,
  given: readonly string[]
): Promise<void> {
  const { deps, out } = invocation;
  if (output === "-" && out.terminal) {
    throw new UsageError("An image can't be shown as text, so it isn't written to the terminal.", {
      hint: "Redirect it (`> hero.png`), or name a file with --output."
    });
  }
  const ids = await imageIds(given, deps.io);
  if (output === "-") return toStdout(invocation, ids);
  const path = resolve(deps.io.cwd(), output);
  const policy = { overwrite: overwrite === true, skipExisting: skipExisting === true };
  const destination = { ...(await destinationFor(path, output, ids.length)), ...policy };
  const files = await fetchAll(invocation, ids, destination);
  out.answer(
    { files: files.map(({ path, size, mimeType }) => ({ path, size_bytes: size, mime_type: mimeType })) },
    () => files.map(({ path }) => plain(path)).join("\n")
  );
}

/** Returns where to save: a file for a single image if the output has an extension, otherwise a folder. */
async function destinationFor(
  path: string,
  given: string,
  count: number
): Promise<Pick<Destination, "folder" | "name">> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false
  );
  const asFile = !isFolder && count === 1 && extname(path) !== "" && !/[\\/]$/.test(given);
  const folder = asFile ? dirname(path) : path;
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
  return { folder, name: asFile ? basename(path) : undefined };
}

async function toStdout(invocation: Invocation, ids: readonly string[]): Promise<void> {
  const { deps, out } = invocation;
  if (ids.length > 1)
    throw new UsageError("Only one image can go to stdout.", { hint: "Name a folder with --output." });
  if (out.json) throw new UsageError("--json and `--output -` both write to stdout. Use one of them.");
  const folder = await mkdtemp(join(tmpdir(), "imgwire-"));
  try {
    const [image] = await fetchAll(invocation, ids, { folder, overwrite: false });
    if (image) await pipeline(createReadStream(image.path), deps.io.stdout, { end: false });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function fetchAll(
  invocation: Invocation,
  ids: readonly string[],
  destination: Destination
): Promise<readonly SavedImage[]> {
  const { deps, out, signal } = invocation;
  const line = progressLine(deps.io.stderr, out.interactive);
  const service = hostedDownloads(await hostedContext(invocation));
  return download(ids, destination, {
    service,
    http: () => deps.http(),
    onBytes: (received, total) =>
      line.show(total ? received / total : undefined, `${humanBytes(received)} received`),
    signal
  }).finally(() => line.clear());
}
