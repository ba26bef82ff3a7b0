import { UsageError } from "../../errors.ts";
import { isObject } from "../../system/json.ts";
import { checkFields, fieldsIn } from "./fields.ts";

/** A part of a template: text, a value, a loop or a condition. */
type Part =
  | { kind: "text"; text: string }
  | { kind: "value"; path: readonly string[] }
  | { kind: "range" | "if"; path: readonly string[]; parts: Part[]; otherwise: Part[] };

type Block = Extract<Part, { kind: "range" | "if" }>;

const ACTION = /\{\{(-?)\s*("(?:[^"\\]|\\.)*"|[^}]*?)\s*(-?)\}\}/;
const KNOWN =
  'A template can contain {{.field}}, {{range .list}}…{{end}}, {{if .field}}…{{else}}…{{end}} and {{"\\n"}}.';

/**
 * Fills in a template in a subset of Go's syntax. A template with a `range` is filled in once, from the whole
 * document, and any other once for each record, on a line of its own.
 * @throws UsageError for unsupported syntax, or a field that no record has
 */
export function fillTemplate(
  template: string,
  document: unknown,
  records: readonly Record<string, unknown>[]
): string {
  const parts = parse(template);
  if (parts.some(({ kind }) => kind === "range")) return write(parts, document);
  const named = parts.flatMap((part) => (part.kind === "text" ? [] : part.path.slice(0, 1)));
  if (records.length > 0) checkFields(named, fieldsIn(records));
  return records.map((record) => write(parts, record)).join("\n");
}

function parse(template: string): Part[] {
  const root: Part[] = [];
  const open: { block: Block; into: Part[] }[] = [];
  const last = (): Part[] => open.at(-1)?.into ?? root;
  // Text and actions alternate. Each action is split into three pieces: trim mark, content, trim mark.
  const pieces = template.split(ACTION);
  for (let at = 0; at < pieces.length; at += 4) {
    let text = unescaped(pieces[at] ?? "");
    if (pieces[at - 1] === "-") text = text.trimStart();
    if (pieces[at + 1] === "-") text = text.trimEnd();
    last().push({ kind: "text", text });
    const action = pieces[at + 2];
    if (action !== undefined) act(action, open, last);
  }
  if (open.length > 0) throw syntaxError(`{{${open.at(-1)!.block.kind}}} has no {{end}}`);
  return root;
}

/** Parses one action: the text between double braces. */
function act(action: string, open: { block: Block; into: Part[] }[], last: () => Part[]): void {
  const [, keyword, path = action] = /^(range|if)\s+(.*)$/.exec(action) ?? [];
  const inner = open.at(-1);
  if (action.startsWith('"')) last().push({ kind: "text", text: unescaped(action.slice(1, -1)) });
  else if (action === "end" && inner) open.pop();
  else if (action === "else" && inner) inner.into = inner.block.otherwise;
  else if (!/^\.(\w+(\.\w+)*)?$/.test(path)) throw syntaxError(`{{${action}}} isn't supported`);
  else if (keyword) {
    const block = { kind: keyword as Block["kind"], path: names(path), parts: [], otherwise: [] };
    last().push(block);
    open.push({ block, into: block.parts });
  } else last().push({ kind: "value", path: names(path) });
}

function names(path: string): string[] {
  return path.split(".").filter((name) => name !== "");
}

function unescaped(text: string): string {
  return text.replace(/\\([tn"\\])/g, (_, letter: string) => ({ t: "\t", n: "\n" })[letter] ?? letter);
}

function syntaxError(what: string): UsageError {
  return new UsageError(`--template: ${what}.`, { hint: KNOWN });
}

function write(parts: readonly Part[], data: unknown): string {
  return parts.map((part) => (part.kind === "text" ? part.text : writeOne(part, data))).join("");
}

function writeOne(part: Exclude<Part, { kind: "text" }>, data: unknown): string {
  const value = valueAt(part.path, data);
  if (part.kind === "value") return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
  if (part.kind === "if") return write(isEmpty(value) ? part.otherwise : part.parts, data);
  const items = Array.isArray(value) ? (value as unknown[]) : isObject(value) ? Object.values(value) : [];
  if (items.length === 0) return write(part.otherwise, data);
  return items.map((item) => write(part.parts, item)).join("");
}

function valueAt(path: readonly string[], data: unknown): unknown {
  return path.reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), data);
}

/** Whether `if` treats a value as false, by Go's rules. */
function isEmpty(value: unknown): boolean {
  return !value || (typeof value === "object" && Object.keys(value).length === 0);
}
