import { spawnSync } from "node:child_process";
import { codeOf, ImgwireError, UsageError } from "../../errors.ts";
import { withoutSecrets } from "../../system/child-env.ts";
import { isObject } from "../../system/json.ts";
import { checkFields, fieldsIn } from "./fields.ts";
import { fillTemplate } from "./template.ts";

/** Which parts of an answer to print. */
export interface Selection {
  /** Names of the fields to print. */
  fields?: readonly string[];
  /** The fields that exist, if the command knows them in advance. */
  known?: readonly string[];
  /** An expression for jq. */
  jq?: string;
  /** A template for {@link fillTemplate}. */
  template?: string;
}

/**
 * Formats an answer: as JSON, filtered by jq, or with a template.
 * @throws UsageError for a field that the answer doesn't have; it lists the existing ones
 */
export function selected(answer: unknown, { fields, known, jq, template }: Selection): string {
  const document = fields ? pick(answer, fields, known) : answer;
  if (template !== undefined) return fillTemplate(template, document, recordsOf(document));
  const json = JSON.stringify(document, undefined, 2);
  return jq === undefined ? json : runJq(jq, json);
}

/** The records in an answer: its only list of objects, or else the answer itself. */
function recordsOf(answer: unknown): readonly Record<string, unknown>[] {
  if (Array.isArray(answer)) return answer.filter(isObject);
  if (!isObject(answer)) return [];
  const lists = Object.values(answer).filter(
    (value): value is Record<string, unknown>[] => Array.isArray(value) && value.every(isObject)
  );
  return lists.length === 1 && lists[0] ? lists[0] : [answer];
}

function pick(answer: unknown, fields: readonly string[], known: readonly string[] = []): unknown {
  const records = recordsOf(answer);
  if (records.length > 0) checkFields(fields, [...known, ...fieldsIn(records)]);
  const picked = records.map((record) =>
    Object.fromEntries(fields.map((field) => [field, record[field] ?? null]))
  );
  return records[0] === answer ? picked[0] : picked;
}

const MAX_JQ_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Runs the jq installed on this machine. None is bundled: the implementations in JavaScript cover only part
 * of the language and some silently return wrong results, and the WebAssembly build is larger than the rest
 * of the package.
 */
function runJq(expression: string, json: string): string {
  const { status, stdout, stderr, error } = spawnSync("jq", ["-r", ` ${expression}`], {
    input: json,
    env: withoutSecrets(process.env),
    encoding: "utf8",
    maxBuffer: MAX_JQ_OUTPUT_BYTES,
    windowsHide: true
  });
  if (codeOf(error) === "ENOENT") {
    throw new ImgwireError("jq_missing", "--jq needs the program jq, which isn't installed.", {
      hint: "Install it (https://jqlang.org), or use --json <fields> or --template."
    });
  }
  if (error) throw error;
  if (status !== 0) throw new UsageError(`--jq: ${stderr.trim()}`);
  return stdout.replace(/\n$/, "");
}
