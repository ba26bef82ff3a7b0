import { EXIT, exitCodeOf, UsageError } from "../../../errors.ts";
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
export interface UploadOptions extends FormatOptions, MemoryOptions {
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
  options: UploadOptions,
  given: readonly string[]
): Promise<number> {
  const { deps, out, signal } = invocation;
  const { http, cwd, environment, stripMetadata, ...rest } = deps.fileAccess;
  const policy: PathPolicy = { ...rest, cwd: cwd(), clientRoots: [] };
  if (!options.dryRun) out.expectFields(FILE_FIELDS);
  const paths = await withPiped(given, invocation);
  const files = await gatherFiles(paths, policy, { recursive: options.recursive === true, signal });
  const memory = uploadMemory(invocation, options);
  if (options.dryRun) return previewUpload(invocation, files, { policy, stripMetadata, memory });
  const context = lazily(() => hostedContext(invocation));
  const report = new UploadReport(invocation, files.length, options);
  const answers: Promise<FileAnswer>[] = [];
  const outcomes = await uploadAll(files, {
    service: lazyUploads(context, { given: givenArguments(options), environment: environment() }),
    http,
    policy,
    stripMetadata,
    memory,
    signal,
    ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
    onBytes: (bytes, file) => report.sent(bytes, file),
    onFile: (outcome) => {
      const answer = answerOf(outcome, options.preset, context);
      answers.push(answer.then((done) => report.finished(done)));
    }
  }).finally(async () => {
    report.close();
    await memory?.save();
  });
  const shared = sharedError(outcomes);
  if (shared) throw shared;
  const inOrder = await Promise.all(answers).then((done) => ordered(done, outcomes));
  if (inOrder.length === 0) out.note("No files to upload: stdin was empty.");
  report.print(inOrder);
  return exitCode(outcomes);
}

/** The hosted tools; Imgwire isn't contacted until the first file is known to be uploadable. */
function lazyUploads(context: () => Promise<HostedContext>, request: UploadRequest): UploadService {
  const service = lazily(async () => hostedUploads(await context(), request));
  return {
    create: async (file, replaces) => (await service()).create(file, replaces),
    retrieve: async (imageId) => (await service()).retrieve(imageId)
  };
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
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

function givenArguments({ purpose, metadata }: UploadOptions): Record<string, unknown> {
  return { ...(purpose && { purpose }), ...(metadata && { custom_metadata: metadata }) };
}

async function answerOf(
  outcome: FileOutcome,
  preset: string | undefined,
  context: () => Promise<HostedContext>
): Promise<FileAnswer> {
  const { path } = outcome;
  if ("error" in outcome) return { path, state: "failed", error: shownError(outcome.error) };
  const { file, image, state, sent } = outcome.uploaded;
  const cdnUrl = String(image["cdn_url"]);
  const url = preset ? await deliveryUrl(await context(), image.id, { preset }) : cdnUrl;
  return {
    path,
    state,
    image_id: image.id,
    cdn_url: cdnUrl,
    url,
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
 * The error of a single file, or one that all files share and that is therefore not about any one of them.
 */
function sharedError(outcomes: readonly FileOutcome[]): Error | undefined {
  const errors = outcomes.map((outcome) => ("error" in outcome ? asError(outcome.error) : undefined));
  const [first] = errors;
  return errors.every((error) => error?.message === first?.message) ? first : undefined;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

function ordered(answers: readonly FileAnswer[], outcomes: readonly FileOutcome[]): FileAnswer[] {
  const byPath = new Map(answers.map((answer) => [answer.path, answer]));
  return outcomes.flatMap(({ path }) => byPath.get(path) ?? []);
}

function exitCode(outcomes: readonly FileOutcome[]): number {
  const codes = outcomes.map((outcome) => ("error" in outcome ? exitCodeOf(outcome.error) : EXIT.done));
  const different = new Set(codes);
  return different.size > 1 ? EXIT.failed : (codes[0] ?? EXIT.done);
}
