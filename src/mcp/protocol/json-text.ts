const QUOTE = 0x22;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;
const BACKSLASH = 0x5c;

/**
 * Counts the values in a JSON text by its punctuation outside strings, and stops once the count exceeds
 * `max`. An empty object or array counts as two.
 */
export function countValues(text: string, max: number): number {
  let count = 1;
  for (let at = 0; at < text.length && count <= max; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA || code === BRACKET || code === BRACE) count++;
  }
  return count;
}

/**
 * The index of the quote that closes the string opened at `start`; the text's length if it is never closed.
 */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let escapes = 0;
    while (text.charCodeAt(end - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return text.length;
}

/**
 * A number with enough digits to lose precision in JavaScript. Texts without one are not searched further.
 */
const LONG_NUMBER = /[:\s]-?\d{16}/;
/** The members that hold an id, by nesting depth: the message's own, and the request's in a cancellation. */
const ID_MEMBERS: Readonly<Record<number, string>> = { 1: "id", 2: "requestId" };

/** Random, so that no other string starts with it. */
const PREFIX = `imgwire-mcp:number:${Math.random().toString(36).slice(2)}:`;
const QUOTED = new RegExp(`"${PREFIX}(-?\\d+)"`, "g");
let isQuoting = false;

/**
 * Quotes the ids in a message that JavaScript would round. JSON allows any integer as a request id, but
 * JavaScript rounds integers above 2^53, so two ids could become equal. A quoted id is a string with a unique
 * prefix; {@link unquoteIds} turns it back into the number.
 */
export function quoteIds(text: string): string {
  if (!LONG_NUMBER.test(text)) return text;
  let quoted = "";
  let done = 0;
  for (const [start, end] of longIds(text)) {
    isQuoting = true;
    quoted += `${text.slice(done, start)}"${PREFIX}${text.slice(start, end)}"`;
    done = end;
  }
  return quoted + text.slice(done);
}

/** Turns ids quoted by {@link quoteIds} back into the original numbers. */
export function unquoteIds(text: string): string {
  return isQuoting ? text.replace(QUOTED, "$1") : text;
}

/** Finds the ids in a JSON text that JavaScript would round. @returns the start and end of each */
function longIds(text: string): [number, number][] {
  const found: [number, number][] = [];
  let depth = 0;
  let member = "";
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') {
      const end = endOfString(text, at);
      member = end - at > 16 ? "" : text.slice(at + 1, end);
      at = end;
    } else if (char === "{" || char === "[") depth++;
    else if (char === "}" || char === "]") depth--;
    else if (char === ":" && member === ID_MEMBERS[depth]) {
      const number = longNumberAt(text, at + 1);
      if (number) found.push(number);
    }
  }
  return found;
}

/** The start and end of the integer at `at`; undefined if there is none or JavaScript wouldn't round it. */
function longNumberAt(text: string, at: number): [number, number] | undefined {
  const number = /\s*(-?\d+)(?=\s*[,}])/y;
  number.lastIndex = at;
  const digits = number.exec(text)?.[1];
  if (digits === undefined || Number.isSafeInteger(Number(digits))) return undefined;
  return [number.lastIndex - digits.length, number.lastIndex];
}
