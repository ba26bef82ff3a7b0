const QUOTE = 0x22;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;
const BACKSLASH = 0x5c;

/** How many values a JSON text has, by its punctuation outside strings; counting stops beyond `max`. */
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
 * The index of the quote that ends the string which begins at `start`; the length of the text if none does.
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
 * Digits enough to be beyond what a JSON number keeps in JavaScript. A text without such a run needs no
 * closer look.
 */
const LONG_NUMBER = /[:\s]-?\d{16}/;
/** The members that hold an id: of the message itself, and of the request that a notification is about. */
const ID_MEMBERS: Readonly<Record<number, string>> = { 1: "id", 2: "requestId" };

/** Nobody else writes a string that starts like this. */
const PREFIX = `imgwire-mcp:number:${Math.random().toString(36).slice(2)}:`;
const QUOTED = new RegExp(`"${PREFIX}(-?\\d+)"`, "g");
let isQuoting = false;

/**
 * The text of a message whose ids can be parsed without loss. JSON allows any integer as the id of a request,
 * and JavaScript rounds those above 2^53, so that two of them may become one. Such an id is read as a string
 * that nobody else uses; {@link unquoteIds} makes it the number again.
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

/** The text of a message with the ids that its reader wrote. */
export function unquoteIds(text: string): string {
  return isQuoting ? text.replace(QUOTED, "$1") : text;
}

/** Where in a JSON text the ids are that JavaScript would round, as start and end. */
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

/** Where the number is that follows `at`, if it is a whole one that JavaScript would round. */
function longNumberAt(text: string, at: number): [number, number] | undefined {
  const number = /\s*(-?\d+)(?=\s*[,}])/y;
  number.lastIndex = at;
  const digits = number.exec(text)?.[1];
  if (digits === undefined || Number.isSafeInteger(Number(digits))) return undefined;
  return [number.lastIndex - digits.length, number.lastIndex];
}
