import { EXIT, exitCodeOf, UsageError } from "../../../errors.ts";
import { once } from "../../../system/once.ts";
import { type FileOutcome, uploadAll } from "../../../transfer/batch.ts";
import { gatherFiles } from "../../../transfer/gather.ts";
import type { PathPolicy } from "../../../transfer/roots.ts";
import type { UploadService } from "../../../transfer/service.ts";
import type { Invocation } from "../../command.ts";
import { hostedContext } from "../../hosted.ts";
import type { FormatOptions } from "../../input/snippet-options.ts";
import { piped } from "../../input/image-ids.ts";
import { shownError } from "../../ui/error.ts";
import { type MemoryOptions, uploadMemory } from "./memory.ts";
import { previewUpload } from "./preview.ts";
import { FILE_FIELDS, type FileAnswer, UploadReport } from "./report.ts";
import { type HostedContext, hostedUploads, type UploadRequest } from "../../../mcp/service/transfers.ts";
import { deliveryUrl } from "../../../mcp/service/delivery-url.ts";

/** The options of `imgwire upload`. */
export interface UploadCommandOptions extends FormatOptions, MemoryOptions {
  dryRun?: true;
  concurrency?: number;
  preset?: string;
}

/**
 * Uploads files and prints their URLs. If a single file fails, its error becomes the command's. If several
 * do, each is reported, and the exit code is 1, or the one they share if every file failed.
 */
export async function runUpload(
  invocation: Invocation,
  options: UploadCommandOptions,
  given: readonly string[]
): Promise<number> {
  const { deps, out, signal } = invocation;
  const { preset } = options;
  const { http, cwd, environment, stripMetadata, ...rest } = deps.fileAccess;
  const policy: PathPolicy = { ...rest, cwd: cwd(), clientRoots: [] };
  if (!options.dryRun) out.expectFields(FILE_FIELDS);
  const paths = await withPiped(given, invocation);
  const files = await gatherFiles(paths, policy, { recursive: options.recursive === true, signal });
  const memory = uploadMemory(invocation, options);
  if (options.dryRun) return previewUpload(invocation, files, { policy, stripMetadata, memory });
  const context = once(() => hostedContext(invocation)).get;
  const report = new UploadReport(invocation, files.length, options);
  const presetUrls = new Map<string, string>();
  const outcomes = await uploadAll(files, {
    service: lazyUploads(context, { given: givenArguments(options), environment: environment() }),
    http,
    policy,
    stripMetadata,
    memory,
    signal,
    ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
    onBytes: (bytes, file) => report.sent(bytes, file),
    onUploaded: async ({ image: { id } }) => {
      if (preset) presetUrls.set(id, await deliveryUrl(await context(), id, { preset }));
    },
    onFile: (outcome) => report.finished(answerOf(outcome, presetUrls))
  }).finally(async () => {
    report.close();
    await memory?.save();
  });
  const shared = sharedError(outcomes);
  if (shared) throw shared;
  if (outcomes.length === 0) out.note("No files to upload: stdin was empty.");
  report.print(outcomes.map((outcome) => answerOf(outcome, presetUrls)));
  return exitCode(outcomes);
}

/** Uploads with the hosted tools. Imgwire isn't contacted until the first file turns out to be uploadable. */
function lazyUploads(context: () => Promise<HostedContext>, request: UploadRequest): UploadService {
  const service = once(async () => hostedUploads(await context(), request)).get;
  return {
    create: async (file, replaces) => (await service()).create(file, replaces),
    retrieve: async (imageId) => (await service()).retrieve(imageId)
  };
}

/** Replaces `-` with the paths on stdin, one per line. */
async function withPiped(given: readonly string[], { deps }: Invocation): Promise<readonly string[]> {
  if (!given.includes("-")) return given;
  const input = await piped(deps.io);
  if (input.includes("\0")) {
    throw new UsageError("`-` expects file paths on stdin, one per line, but this looks like binary data.", {
      hint: "Name the image file itself: imgwire upload <path>."
    });
  }
  const lines = input.split(/\r?\n/).filter((line) => line !== "");
  return given.flatMap((each) => (each === "-" ? lines : [each]));
}

function givenArguments({ purpose, metadata }: UploadCommandOptions): Record<string, unknown> {
  return { ...(purpose && { purpose }), ...(metadata && { custom_metadata: metadata }) };
}

/** @param presetUrls the URLs of the requested preset by image ID; empty if none was requested */
function answerOf(outcome: FileOutcome, presetUrls: ReadonlyMap<string, string>): FileAnswer {
  const { path } = outcome;
  if ("error" in outcome) return { path, state: "failed", error: shownError(outcome.error) };
  const { file, image, state, sent } = outcome.uploaded;
  const cdnUrl = String(image["cdn_url"]);
  return {
    path,
    state,
    image_id: image.id,
    cdn_url: cdnUrl,
    url: presetUrls.get(image.id) ?? cdnUrl,
    sent,
    size_bytes: file.size,
    ...(file.hasPosition && { has_position: true as const }),
    ...sizeOf(image)
  };
}

function sizeOf({ width, height }: Record<string, unknown>): { width?: number; height?: number } {
  return {
    ...(typeof width === "number" && { width }),
    ...(typeof height === "number" && { height })
  };
}

/**
 * Returns the error of a single file, or an error that all files share and that isn't about any one of them.
 */
function sharedError(outcomes: readonly FileOutcome[]): Error | undefined {
  const errors = outcomes.map((outcome) => ("error" in outcome ? asError(outcome.error) : undefined));
  const [first] = errors;
  return errors.every((error) => error?.message === first?.message) ? first : undefined;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function exitCode(outcomes: readonly FileOutcome[]): number {
  const codes = outcomes.map((outcome) => ("error" in outcome ? exitCodeOf(outcome.error) : EXIT.done));
  const different = new Set(codes);
  return different.size > 1 ? EXIT.failed : (codes[0] ?? EXIT.done);
}
