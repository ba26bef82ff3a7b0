import { isUtf8 } from "node:buffer";
import type { Readable, Writable } from "node:stream";
import { collectAfter } from "../../system/garbage-collection.ts";
import { quoteIds, unquoteIds } from "../protocol/json-text.ts";

/**
 * The longest line accepted from the agent, in bytes. A longer line is refused, but the connection stays
 * open.
 */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** A line from the agent: its text, or why it was refused. */
export type Line = { text: string } | { refused: "too long" | "not UTF-8" };

/**
 * Handles a line.
 * @returns a promise that resolves when there is room for more; undefined if there already is
 */
export type Receive = (line: Line) => Promise<void> | undefined;

const NEWLINE = 0x0a;
/** After a chunk of this many bytes, we yield to the event loop; Node itself would keep reading. */
const MAX_TURN_BYTES = 16 * 1024;
/**
 * Reading pauses while the agent has left more bytes than this unread. While paused, we notice if the agent
 * exits, but not if it closes its end.
 */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** How long a message waits for others to be written with it, in milliseconds. */
const GATHER_INTERVAL_MS = 1;

/**
 * Newline-delimited messages over stdin and stdout (MCP, transports, stdio). Lines are delivered as text and
 * interpreted elsewhere.
 */
export class Stdio {
  /** Receives each non-empty line. While the promise that it returns is pending, reading pauses. */
  receive: Receive = () => undefined;
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
   * Starts reading. Nothing sent earlier is lost, because the stream has been paused until now.
   * @param receive receives the lines, until another {@link receive} is set
   * @param onEnd called once, when the agent has closed its end, or can no longer be written to
   * @param opening bytes that were read before the stream was created
   */
  start(receive: Receive, onEnd: () => void, opening?: Buffer): void {
    this.receive = receive;
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
    if (opening) this.#read(opening);
    this.input.on("data", this.#read);
    this.input.on("end", () => {
      // A script that pipes its requests in may omit the last line break.
      void this.#line();
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
   * Writes one message; drops it if the agent is gone.
   * @param more whether other messages are sure to follow. If so, this one waits a moment to be written with
   *   them, because a separate write, which wakes the agent, costs more than the message itself
   */
  write(line: string, more = false): void {
    if (this.#gone || this.output.destroyed) return;
    if (more) this.#gather();
    const taken = this.output.write(writtenLine(line));
    if (this.#gathering && (!more || !taken)) this.#flush();
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

  /** Resolves when more can be written; undefined if it already can. */
  drained(): Promise<void> | undefined {
    return this.#gone ? undefined : this.#drained;
  }

  #gather(): void {
    if (this.#gathering) return;
    this.output.cork();
    this.#gathering = setTimeout(() => this.#flush(), GATHER_INTERVAL_MS);
  }

  #flush(): void {
    if (!this.#gathering) return;
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.output.uncork();
  }

  readonly #read = (chunk: Buffer): void => {
    let room: Promise<void> | undefined;
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.#append(chunk.subarray(from, at));
      room = this.#line() ?? room;
      from = at + 1;
    }
    this.#append(chunk.subarray(from));
    if (this.output.writableLength > MAX_UNREAD_BYTES) room ??= this.drained();
    if (room) this.#waitFor(room);
    else if (chunk.length >= MAX_TURN_BYTES) this.#letOthersWork();
  };

  /** Pauses reading until there is room. */
  #waitFor(room: Promise<void>): void {
    this.input.pause();
    void room.then(() => this.#gone || this.input.resume());
  }

  /** Yields to the event loop, so that a long input cannot starve responses. */
  #letOthersWork(): void {
    this.input.pause();
    setImmediate(() => this.input.resume());
  }

  #append(part: Buffer): void {
    if (this.#skipping || part.length === 0) return;
    this.#length += part.length;
    if (this.#length <= MAX_LINE_BYTES) {
      this.#parts.push(part);
      return;
    }
    this.#skipping = true;
    this.#parts = [];
    void this.receive({ refused: "too long" });
  }

  /** Delivers the line read so far. */
  #line(): Promise<void> | undefined {
    const bytes = this.#parts.length === 1 ? this.#parts[0]! : Buffer.concat(this.#parts);
    const skipped = this.#skipping;
    collectAfter(this.#length);
    this.#parts = [];
    this.#length = 0;
    this.#skipping = false;
    if (skipped) return undefined;
    const line = readLine(bytes);
    return line && this.receive(line);
  }
}

/** The first line in some bytes, if it is complete. */
export function firstLine(bytes: Buffer): Line | undefined {
  const end = bytes.indexOf(NEWLINE);
  return end < 0 ? undefined : readLine(bytes.subarray(0, end));
}

/** Decodes a line, with ids quoted so that they can be parsed without loss; undefined for an empty line. */
function readLine(bytes: Buffer): Line | undefined {
  if (!isUtf8(bytes)) return { refused: "not UTF-8" };
  const text = bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trimEnd();
  return text === "" ? undefined : { text: quoteIds(text) };
}

/** A message in the form in which it is written to the agent. */
export function writtenLine(line: string): string {
  return `${unquoteIds(line)}\n`;
}
