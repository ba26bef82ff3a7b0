import type { SourcedChoice } from "../../../config/choice.ts";
import type { Environment } from "../../../mcp/service/whoami.ts";
import { type Output, plain } from "../../ui/output.ts";

/** A row of `imgwire env list`. */
export interface EnvironmentRow {
  id: string;
  name: string;
  default: boolean;
  linked: boolean;
  current: boolean;
}

/** The current Environment in the form of `--json`. */
export interface Current {
  environment: Partial<Environment> | null;
  /** Where it was set; "hosted link" if nothing is set on this machine. */
  source: SourcedChoice["source"] | "hosted link" | null;
  /** The flag, variable or file that sets it. */
  place: string | null;
}

/** The result of `imgwire env clear` in the form of `--json`. */
export interface Cleared {
  scope: string;
  file: string;
  /** The choice that now applies. */
  inForce: SourcedChoice | null;
}

type Known = readonly Environment[];

/** Formats a line for each Environment. On a narrow terminal, remarks get lines of their own. */
export function describeRows(
  rows: readonly EnvironmentRow[],
  { color, columns }: Pick<Output, "color" | "columns">
): string {
  const width = Math.max(...rows.map(({ name }) => plain(name).length), 0);
  const lines = rows.map((row) => {
    const name = plain(row.name).padEnd(width);
    const marked = row.current ? `* ${color.bold(name)}` : `  ${name}`;
    const remarks = [row.default && "default", row.linked && "linked"].filter(Boolean).join(", ");
    const id = plain(row.id);
    const fits = width + id.length + remarks.length + 6 <= columns;
    return `${marked}  ${id}${remarks === "" ? "" : fits ? `  ${remarks}` : `\n    ${remarks}`}`;
  });
  return lines.join("\n");
}

/** Reports which Environment was selected and, with `note`, why it isn't used here. */
export function describeUse(answer: {
  environment: Environment;
  scope: string;
  file: string;
  note?: string;
}): string {
  const where = answer.scope === "project" ? "for this folder, " : "";
  return [`Now using ${plain(answer.environment.name)} (${where}saved in ${answer.file}).`, answer.note]
    .filter(Boolean)
    .join("\n");
}

/** Describes a choice by its name, if known, and where it was set. */
export function describeChoice({ wanted, place }: SourcedChoice, known: Known): string {
  const name = known.find(({ id }) => id === wanted)?.name ?? wanted;
  return `${plain(name)} (set in ${place})`;
}

/** Reports that the selected Environment isn't one of the account's. */
export function unknownChoice({ wanted, place }: SourcedChoice): string {
  return `"${plain(wanted)}" (set in ${place}) isn't one of your Environments. Choose another: imgwire env use <name>`;
}

/** Describes the current Environment and where it was set. */
export function describeCurrent({ environment, place }: Current, known: Known): string {
  if (!environment) {
    const names = known.map(({ name }) => plain(name)).join(", ");
    return `No Environment selected. Pick one: imgwire env use <name>${names && `  (yours: ${names})`}`;
  }
  const { id, name } = environment;
  const shown = name === undefined ? plain(id) : `${plain(name)}${id ? `  ${plain(id)}` : ""}`;
  return `${shown}\n${place ? `set in ${place}` : "linked to this connection"}`;
}

/** Reports what was cleared and which Environment now applies. */
export function describeCleared({ file, inForce, scope }: Cleared, wasSet: boolean, known: Known): string {
  const done = wasSet
    ? `Removed ${scope === "project" ? "the" : "your"} Environment from ${file}.`
    : `Nothing to clear: no Environment is set in ${file}.`;
  const now = inForce
    ? `Now using ${describeChoice(inForce, known)}.`
    : "Now using the connection's Environment.";
  return `${done}\n${now}`;
}
