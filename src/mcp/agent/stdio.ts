import { isUtf8 } from "node:buffer";
import type { Readable, Writable } from "node:stream";
import { collectAfter } from "../../system/memory.ts";
import { quoteIds, unquoteIds } from "../protocol/json-text.ts";

/**
 * The longest line taken from the agent, in bytes: a larger message is refused, and the connection lives on.
 */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** What a line from the agent turned out to be. */
export type Line = { text: string } | { refused: "too long" | "not UTF-8" };

/** Takes a line. @returns what resolves when there is room for more; undefined if there is */
export type Receive = (line: Line) => Promise<void> | undefined;

const NEWLINE = 0x0a;
/** A chunk of this many bytes is enough work for one turn of the event loop; Node would read on. */
const TURN_BYTES = 16 * 1024;
/**
 * Reading stops while more bytes than this are waiting for the agent to read them. Until it reads on or its
 * process ends, we can't see it close its end.
 */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** How long a message waits for others to be written with it, in milliseconds. */
const GATHER_MS = 1;

/**
 * Newline-delimited messages over stdin and stdout (MCP, transports, stdio). Lines are handed on as text;
 * what they mean is decided elsewhere.
 */
export class Stdio {
  /** Receives each line that isn't empty; while what it returns is pending, no more is read. */
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
   * Starts reading. Nothing is lost before: the stream is paused until now.
   * @param receive receives the lines, until another {@link receive} is set
   * @param onEnd called once, when the agent has closed its end, or can no longer be written to
   * @param opening what was read before the stream
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
      // The last line may end with the input: a script that pipes its requests in needs no line break.
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
   * @param more whether others are sure to follow: then it waits for them a moment, because a write of its
   *   own and waking the agent cost more than the message itself
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

  /** Resolves when more can be written; undefined if it can. */
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
    else if (chunk.length >= TURN_BYTES) this.#letOthersWork();
  };

  /** The agent has to wait until there is room. */
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

  /** Hands on the line that has been read. */
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

/** The first line of what has been read, if it's there as a whole. */
export function firstLine(bytes: Buffer): Line | undefined {
  const end = bytes.indexOf(NEWLINE);
  return end < 0 ? undefined : readLine(bytes.subarray(0, end));
}

/** A line's text, of which the ids can be parsed without loss; undefined for an empty one. */
function readLine(bytes: Buffer): Line | undefined {
  if (!isUtf8(bytes)) return { refused: "not UTF-8" };
  const text = bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trimEnd();
  return text === "" ? undefined : { text: quoteIds(text) };
}

/** A message as it's written to the agent. */
export function writtenLine(line: string): string {
  return `${unquoteIds(line)}\n`;
}
