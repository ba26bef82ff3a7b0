import { describeError, type ErrorReport, EXIT, exitCodeOf, UsageError } from "../../../errors.ts";
import { redact } from "../../../log.ts";
import { type HostedContext, hostedUploads, type UploadRequest } from "../../../mcp/service/uploads.ts";
import { type FileOutcome, uploadAll } from "../../../transfer/batch.ts";
import { gatherFiles } from "../../../transfer/gather.ts";
import type { Inspected } from "../../../transfer/inspect.ts";
import type { PathPolicy } from "../../../transfer/roots.ts";
import type { UploadService } from "../../../transfer/service.ts";
import type { Invocation } from "../../command.ts";
import { deliveryUrl } from "../../delivery-url.ts";
import { hostedContext } from "../../hosted-context.ts";
import { piped } from "../../image-ids.ts";
import { plain } from "../../ui/output.ts";
import { humanBytes, type ProgressLine, progressLine } from "../../ui/progress.ts";
import type { UploadCommandOptions } from "./command.ts";

/** One file, as `imgwire upload --json` answers it. */
type FileAnswer =
  | {
      path: string;
      state: "ready" | "processing";
      image_id: string;
      cdn_url: string;
      url: string;
      sent: boolean;
    }
  | { path: string; state: "failed"; error: ErrorReport };

/**
 * Uploads files and prints their URLs. A single file that fails is the command's own error; of many, those that
 * fail are told one by one, and the exit code is 1, or their common one when none succeeded.
 */
export async function runUpload(
  invocation: Invocation,
  options: UploadCommandOptions,
  typed: readonly string[]
): Promise<number> {
  const { deps, out, signal } = invocation;
  const { http, cwd, environment, ...rest } = deps.fileAccess;
  const policy: PathPolicy = { ...rest, cwd: cwd(), clientRoots: [] };
  const paths = await withPiped(typed, invocation);
  const files = await gatherFiles(paths, policy, { recursive: options.recursive === true, signal });
  const context = lazily(() => hostedContext(invocation));
  const line = progressLine(deps.io.stderr, out.interactive);
  const outcomes = await uploadAll(files, {
    service: lazyUploads(context, { given: givenArguments(options), environment: environment() }),
    http,
    policy,
    signal,
    ...(options.concurrency !== undefined && { concurrency: options.concurrency }),
    ...reporters(line, invocation, files.length)
  }).finally(() => line.clear());
  const [only] = outcomes;
  if (outcomes.length === 1 && only && "error" in only) throw only.error;
  const answers = await Promise.all(outcomes.map((outcome) => answerOf(outcome, options.preset, context)));
  print(invocation, answers);
  return exitCode(outcomes);
}

/** The hosted service, not asked for anything before the first file has been found fit to be uploaded. */
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

/** `-` stands for paths on stdin, one a line. */
async function withPiped(typed: readonly string[], { deps }: Invocation): Promise<readonly string[]> {
  if (!typed.includes("-")) return typed;
  const input = await piped(deps.io);
  if (input.includes("\0")) {
    throw new UsageError("`-` reads paths from stdin, one a line, and this is something else.", {
      hint: "Name the image file itself: imgwire upload <path>."
    });
  }
  const lines = input.split(/\r?\n/).filter((line) => line !== "");
  return typed.flatMap((each) => (each === "-" ? lines : [each]));
}

function givenArguments({ purpose, metadata }: UploadCommandOptions): Record<string, unknown> {
  return { ...(purpose && { purpose }), ...(metadata && { custom_metadata: metadata }) };
}

/** On a terminal one line that moves; elsewhere a line for every file. */
function reporters(line: ProgressLine, { out }: Invocation, total: number) {
  const sent = new Map<string, number>();
  let finished = 0;
  return {
    onBytes(bytes: number, file: Inspected): void {
      sent.set(file.sha256, bytes);
      const all = [...sent.values()].reduce((sum, each) => sum + each, 0);
      const share = total === 1 ? bytes / file.size : finished / total;
      const what = total === 1 ? plain(file.fileName) : `${finished} of ${total} files`;
      line.show(share, `${what}, ${humanBytes(all)} sent`);
    },
    onFile(outcome: FileOutcome): void {
      finished += 1;
      if ("error" in outcome || out.interactive) return;
      const { file, sent: wasSent } = outcome.uploaded;
      out.note(`${plain(outcome.path)}: ${wasSent ? `sent, ${humanBytes(file.size)}` : "already there"}`);
    }
  };
}

async function answerOf(
  outcome: FileOutcome,
  preset: string | undefined,
  context: () => Promise<HostedContext>
): Promise<FileAnswer> {
  const { path } = outcome;
  if ("error" in outcome) return { path, state: "failed", error: describeError(outcome.error) };
  const { image, state, sent } = outcome.uploaded;
  const cdnUrl = String(image["cdn_url"]);
  const url = preset ? await deliveryUrl(await context(), image.id, { preset }) : cdnUrl;
  return { path, state, image_id: image.id, cdn_url: cdnUrl, url, sent };
}

function print({ out }: Invocation, files: readonly FileAnswer[]): void {
  const failed = files.filter((file) => file.state === "failed");
  const done = files.filter((file) => file.state !== "failed");
  for (const { path, error } of failed) out.note(`${plain(path)}: failed. ${whatHappened(error)}`);
  for (const { path } of done.filter(({ state }) => state === "processing")) {
    out.note(`${plain(path)}: stored, but still being processed.`);
  }
  if (files.length === 0) out.note("There is nothing to upload.");
  if (!out.json && done.length === 0) return;
  const sent = done.filter((file) => file.sent).length;
  out.answer({ uploaded: sent, already_there: done.length - sent, failed: failed.length, files }, () =>
    done.map(({ url }) => plain(url)).join("\n")
  );
}

function whatHappened({ message, hint }: ErrorReport): string {
  return plain(redact(hint ? `${message} ${hint}` : message));
}

function exitCode(outcomes: readonly FileOutcome[]): number {
  const codes = outcomes.map((outcome) => ("error" in outcome ? exitCodeOf(outcome.error) : EXIT.done));
  const different = new Set(codes);
  return different.size > 1 ? EXIT.failed : (codes[0] ?? EXIT.done);
}
