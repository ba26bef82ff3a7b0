import type { Choice } from "../../../config/choice.ts";
import type { Environment } from "../../../mcp/service/whoami.ts";
import { type Output, plain } from "../../ui/output.ts";

/** One Environment, as `imgwire env list` shows it. */
export interface EnvironmentRow {
  id: string;
  name: string;
  default: boolean;
  linked: boolean;
  current: boolean;
}

/** The current Environment, as `--json` shows it. */
export interface Current {
  environment: Partial<Environment> | null;
  /** Where it was set; "hosted link" where nothing is set on this machine. */
  source: Choice["source"] | "hosted link" | null;
  /** The flag, the variable or the file. */
  place: string | null;
}

/** What `imgwire env clear` did, as `--json` shows it. */
export interface Cleared {
  scope: string;
  file: string;
  /** The choice that counts now. */
  inForce: Choice | null;
}

type Known = readonly Environment[];

/** A line for each Environment; on a terminal too narrow for it, remarks have a line of their own. */
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

/** What was chosen, and whether it counts here. */
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

/** A choice with its name, where that is known, and where it was set. */
export function describeChoice({ wanted, place }: Choice, known: Known): string {
  const name = known.find(({ id }) => id === wanted)?.name ?? wanted;
  return `${plain(name)} (set in ${place})`;
}

/** Says that a choice names no Environment of this account. */
export function unknownChoice({ wanted, place }: Choice): string {
  return `"${plain(wanted)}" (set in ${place}) isn't one of your Environments. Choose another: imgwire env use <name>`;
}

/** The current Environment and where it was set. */
export function describeCurrent({ environment, place }: Current, known: Known): string {
  if (!environment) {
    const names = known.map(({ name }) => plain(name)).join(", ");
    return `No Environment selected. Pick one: imgwire env use <name>${names && `  (yours: ${names})`}`;
  }
  const { id, name } = environment;
  const shown = name === undefined ? plain(id) : `${plain(name)}${id ? `  ${plain(id)}` : ""}`;
  return `${shown}\n${place ? `set in ${place}` : "linked to this connection"}`;
}

/** What was cleared, and what counts now. */
export function describeCleared({ file, inForce, scope }: Cleared, existed: boolean, known: Known): string {
  const done = existed
    ? `Removed ${scope === "project" ? "the" : "your"} Environment from ${file}.`
    : `Nothing to clear: ${file} doesn't exist.`;
  const now = inForce
    ? `Now using ${describeChoice(inForce, known)}.`
    : "Now using the connection's Environment.";
  return `${done}\n${now}`;
}
