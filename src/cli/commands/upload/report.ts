import { basename, relative } from "node:path";
import { type ErrorReport, inOneLine } from "../../../errors.ts";
import type { Inspected } from "../../../transfer/inspect.ts";
import { isInside } from "../../../system/path.ts";
import type { Invocation } from "../../command.ts";
import { link } from "../../ui/link.ts";
import { plain } from "../../ui/output.ts";
import { snippets } from "../../ui/snippet.ts";
import type { FormatOptions } from "../../input/snippet-options.ts";
import { humanBytes, type ProgressLine, progressLine } from "../../ui/progress.ts";
import { widthOf } from "../../ui/width.ts";
import { wrapped } from "../../ui/wrap.ts";

const INDENT = 2;

/** A file in the output of `imgwire upload --json`. */
export type FileAnswer =
  | {
      path: string;
      state: "ready" | "processing";
      image_id: string;
      cdn_url: string;
      url: string;
      /** False if Imgwire already had the image. */
      sent: boolean;
      size_bytes: number;
      /** Its metadata contains the location where it was taken. */
      has_position?: true;
      width?: number;
      height?: number;
    }
  | { path: string; state: "failed"; error: ErrorReport };

/** The fields of a {@link FileAnswer}. */
export const FILE_FIELDS = [
  ...["path", "state", "image_id", "cdn_url", "url", "sent", "size_bytes"],
  ...["has_position", "width", "height", "error"]
];

/**
 * Reports on an upload. On a terminal it prints a line for each finished file above a progress bar, and a
 * summary at the end; otherwise remarks go to stderr, and the URLs to stdout in the order given.
 */
export class UploadReport {
  readonly #startedAt = Date.now();
  readonly #line: ProgressLine;
  readonly #sent = new Map<string, number>();
  readonly #done: FileAnswer[] = [];
  /**
   * Results not printed yet. If every file fails with the same error, the command reports it once instead.
   */
  #held: FileAnswer[] = [];
  readonly #interrupted = (): void => this.#reportInterrupted();

  constructor(
    private readonly invocation: Invocation,
    private readonly total: number,
    private readonly options: FormatOptions = {}
  ) {
    const { deps, out, signal } = invocation;
    this.#line = progressLine(deps.io.stderr, out.interactive);
    signal.addEventListener("abort", this.#interrupted, { once: true });
  }

  /** Updates how much of a file has been sent. */
  sent(bytes: number, file: Inspected): void {
    this.#sent.set(file.sha256, bytes);
    const all = [...this.#sent.values()].reduce((sum, each) => sum + each, 0);
    const share = this.total === 1 ? bytes / file.size : this.#done.length / this.total;
    const what = this.total === 1 ? plain(file.fileName) : `${this.#done.length} of ${this.total} files`;
    this.#line.show(share, `${what}, ${humanBytes(all)} sent`);
  }

  /** Adds a finished file. */
  finished(answer: FileAnswer): void {
    this.#done.push(answer);
    const { out } = this.invocation;
    if (this.#showsRows()) {
      this.#held.push(answer);
      if (!this.#allFailedAlike(answer)) this.#showHeld();
    } else if (answer.state !== "failed" && !out.interactive) {
      out.note(`${this.#shownPath(answer.path)}: ${describeState(answer)}, ${humanBytes(answer.size_bytes)}`);
    }
  }

  /** Removes the progress bar. */
  close(): void {
    this.#line.clear();
    this.invocation.signal.removeEventListener("abort", this.#interrupted);
  }

  /** Prints the answer after all files have finished. */
  print(files: readonly FileAnswer[]): void {
    const { out } = this.invocation;
    const done = files.filter((file) => file.state !== "failed");
    this.#showHeld();
    if (!this.#showsRows()) {
      for (const file of files) if (file.state === "failed") out.note(describeFailure(file));
    }
    for (const file of files) {
      if ("has_position" in file) out.note(`${plain(file.path)} ${LOCATION_REMARK}`);
    }
    if (this.total > 1) out.note(this.#summary());
    if (!out.json && done.length === 0) return;
    const sent = done.filter((file) => file.sent).length;
    out.answer(
      { uploaded: sent, already_there: done.length - sent, failed: files.length - done.length, files },
      () => (this.#showsRows() ? "" : this.#snippets(done))
    );
  }

  #snippets(done: readonly Extract<FileAnswer, { url: string }>[]): string {
    const images = done.map(({ path, url, width, height }) => ({
      name: basename(path),
      url: plain(url),
      width,
      height
    }));
    return snippets(images, this.options.format ?? "url", this.options);
  }

  #allFailedAlike(latest: FileAnswer): boolean {
    const [first] = this.#held;
    const allHeld = this.#held.length === this.#done.length;
    return (
      allHeld &&
      first?.state === "failed" &&
      latest.state === "failed" &&
      latest.error.message === first.error.message
    );
  }

  #showHeld(): void {
    if (this.#held.length > 0) this.#line.clear();
    for (const answer of this.#held) this.invocation.out.print(this.#row(answer));
    this.#held = [];
  }

  #showsRows(): boolean {
    const { terminal, json, quiet } = this.invocation.out;
    return terminal && !json && !quiet && !this.options.format && !this.options.copy;
  }

  #row(answer: FileAnswer): string {
    const { out } = this.invocation;
    if (answer.state === "failed")
      return `${out.color.red("✗")} ${wrapped(describeFailure(answer), out.columns, INDENT)}`;
    const facts = `  ${humanBytes(answer.size_bytes)}  ${describeState(answer)}`;
    const row = wrapped(this.#shownPath(answer.path) + facts, out.columns, INDENT);
    const line = `${out.color.green("✓")} ${row}`;
    const url = link(answer.url, out);
    if (widthOf(line) + INDENT + widthOf(url) <= out.columns) return `${line}  ${url}`;
    return `${line}\n  ${link(answer.url, { ...out, columns: out.columns - INDENT })}`;
  }

  /** The path relative to the working directory, unless the file is outside it. */
  #shownPath(path: string): string {
    const cwd = this.invocation.deps.io.cwd();
    return plain(isInside(path, cwd) ? relative(cwd, path) : path);
  }

  #summary(): string {
    const count = (matches: (file: FileAnswer) => boolean): number => this.#done.filter(matches).length;
    const parts = [
      [count((file) => file.state !== "failed" && file.sent), "uploaded"],
      [count((file) => file.state !== "failed" && !file.sent), "already uploaded"],
      [count((file) => file.state === "failed"), "failed"]
    ] as const;
    const counts = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
    const bytes = [...this.#sent.values()].reduce((sum, each) => sum + each, 0);
    const seconds = ((Date.now() - this.#startedAt) / 1_000).toFixed(1);
    return `${counts.join(", ") || "Nothing uploaded"} (${humanBytes(bytes)} sent in ${seconds} s)`;
  }

  #reportInterrupted(): void {
    this.#line.clear();
    if (this.total < 2) return;
    const done = this.#done.filter(({ state }) => state !== "failed");
    const { out } = this.invocation;
    if (!this.#showsRows() && !out.json) {
      for (const file of done) if (file.state !== "failed") out.print(plain(file.url));
    }
    const rest = "Run the same command again to upload the rest; finished files are skipped.";
    out.note(`${done.length} of ${this.total} files finished. ${rest}`);
  }
}

/** The remark about an image whose metadata contains the location where it was taken. */
export const LOCATION_REMARK =
  "contains the location where it was taken, visible to anyone; --strip-metadata removes it.";

function describeState({ state, sent }: Exclude<FileAnswer, { state: "failed" }>): string {
  if (state === "processing") return "uploaded; still processing";
  return sent ? "uploaded" : "already uploaded";
}

/** Describes why a file failed, starting with its path unless the message contains its name. */
export function describeFailure({ path, error }: { path: string; error: ErrorReport }): string {
  const text = inOneLine(error);
  const name = path.split(/[\\/]/).at(-1) ?? path;
  return plain(text.includes(name) ? text : `${path}: ${text}`);
}
