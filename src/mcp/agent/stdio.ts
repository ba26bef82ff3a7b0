import { isUtf8 } from "node:buffer";
import type { Readable, Writable } from "node:stream";
import { quoteIds, unquoteIds } from "../protocol/json-text.ts";

/**
 * The longest line taken from the agent, in bytes: a larger message is refused, and the connection lives on.
 */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** What a line from the agent turned out to be. */
export type Line = { text: string } | { refused: "too long" | "not UTF-8" };

/** Takes a line. What it returns resolves when there is room for more, where there is none. */
export type Receive = (line: Line) => Promise<void> | undefined;

const NEWLINE = 0x0a;
/**
 * A chunk of this many bytes is work enough for one turn of the event loop: Node would read on while there is
 * more.
 */
const TURN_BYTES = 16 * 1024;
/**
 * Bytes of messages that the agent has not read yet, beyond which it is read no further itself: its end is
 * then seen only when it reads on or its process ends.
 */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** How long a message waits for others to be written with it, in milliseconds. */
const GATHER_MS = 1;

/**
 * Newline-delimited messages over stdin and stdout (MCP, transports, stdio). Lines are handed on as text;
 * what they mean is not known here.
 */
export class Stdio {
  #parts: Buffer[] = [];
  #length = 0;
  #skipping = false;
  #gone = false;
  #drained: Promise<void> | undefined;
  #gathering: NodeJS.Timeout | undefined;

  constructor(
    private readonly input: Readable,
    private readonly output: Writable
  ) {}

  /**
   * Starts reading. Nothing is lost before: the stream is paused until now.
   * @param onLine receives each line that is not empty; while what it returns is pending, no more is read
   * @param onEnd called once, when the agent has closed its end, or cannot be written to any more
   */
  start(onLine: Receive, onEnd: () => void): void {
    let room: Promise<void> | undefined;
    const take = (line: Line): void => {
      room = onLine(line);
    };
    let ended = false;
    const end = (): void => {
      if (ended) return;
      ended = true;
      onEnd();
    };
    const gone = (): void => {
      this.#gone = true;
      end();
    };
    this.input.on("data", (chunk: Buffer) => {
      this.#take(chunk, take);
      if (this.output.writableLength > MAX_UNREAD_BYTES) room ??= this.drained();
      if (room) this.#waitFor(room);
      else if (chunk.length >= TURN_BYTES) this.#letOthersWork();
    });
    this.input.on("end", () => {
      // The last line may end with the input: a script that pipes its requests in needs no line break.
      this.#finish(take);
      end();
    });
    this.input.on("close", end);
    this.input.on("error", end);
    this.output.on("error", gone);
    this.output.on("close", gone);
  }

  /** Stops reading, so that the stream no longer keeps the process alive. */
  stop(): void {
    this.#gone = true;
    this.#flush();
    this.input.pause();
    this.input.destroy();
  }

  /**
   * Writes one message; what is written after the agent is gone is dropped.
   * @param more whether others are sure to follow: it waits a moment for them then, as a write of its own,
   *   and waking the agent for it, cost more than the message itself
   */
  write(line: string, more = false): void {
    if (this.#gone || this.output.destroyed) return;
    if (more) this.#gather();
    const taken = this.output.write(`${unquoteIds(line)}\n`);
    if (!more || !taken) this.#flush();
    if (taken) return;
    this.#drained ??= new Promise((resolve) => {
      const done = (): void => {
        this.#drained = undefined;
        resolve();
      };
      this.output.once("drain", done);
      this.output.once("close", done);
    });
  }

  /** Waits, where the agent reads slower than the hosted side writes. */
  drained(): Promise<void> | undefined {
    return this.#gone ? undefined : this.#drained;
  }

  #gather(): void {
    if (this.#gathering) return;
    this.output.cork();
    this.#gathering = setTimeout(() => this.#flush(), GATHER_MS);
  }

  #flush(): void {
    if (!this.#gathering) return;
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.output.uncork();
  }

  /** Reads on when there is room: the agent has to wait meanwhile. */
  #waitFor(room: Promise<void>): void {
    this.input.pause();
    void room.then(() => this.#gone || this.input.resume());
  }

  /** Yields to the event loop, so that a long input cannot starve responses. */
  #letOthersWork(): void {
    this.input.pause();
    setImmediate(() => this.input.resume());
  }

  #take(chunk: Buffer, onLine: (line: Line) => void): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.#append(chunk.subarray(from, at), onLine);
      this.#finish(onLine);
      from = at + 1;
    }
    if (from < chunk.length) this.#append(chunk.subarray(from), onLine);
  }

  #append(part: Buffer, onLine: (line: Line) => void): void {
    if (this.#skipping || part.length === 0) return;
    this.#length += part.length;
    if (this.#length <= MAX_LINE_BYTES) {
      this.#parts.push(part);
      return;
    }
    this.#skipping = true;
    this.#parts = [];
    onLine({ refused: "too long" });
  }

  #finish(onLine: (line: Line) => void): void {
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    const skipped = this.#skipping;
    this.#parts = [];
    this.#length = 0;
    this.#skipping = false;
    if (skipped) return;
    if (!isUtf8(bytes)) return onLine({ refused: "not UTF-8" });
    const text = bytes
      .toString("utf8")
      .replace(/^\uFEFF/, "")
      .trimEnd();
    if (text !== "") onLine({ text: quoteIds(text) });
  }
}
