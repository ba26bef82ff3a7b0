import { join } from "node:path";
import type { Choice } from "../../../config/choice.ts";
import { DEFAULT_URL } from "../../../config/definitions.ts";
import { PROJECT_FILE, saveProject } from "../../../config/project.ts";
import type { Deps } from "../../../deps.ts";
import {
  chosenNow,
  type Environment,
  findEnvironment,
  matchEnvironment
} from "../../../mcp/environment/environments.ts";
import { reportOn } from "../../../mcp/local/use-environment.ts";
import { askWhoami, type Whoami } from "../../../mcp/service/whoami.ts";
import type { Invocation, Register } from "../../command.ts";
import { plain } from "../../ui/output.ts";

interface ScopeOptions {
  project?: true;
}

/** The Environment in force, as `--json` shows it. */
interface Current {
  environment: Partial<Environment> | null;
  /** Where it was chosen; "hosted link" where nothing is chosen on this machine. */
  source: Choice["source"] | "hosted link" | null;
  /** The flag, the variable or the file. */
  place: string | null;
}

/** `imgwire env`. */
export const registerEnv: Register = (program, run) => {
  const env = program.command("env").description("the Environment to work in");
  env
    .command("list")
    .description("list the Environments of the account; the one in force is marked")
    .action(run(list));
  env
    .command("use")
    .description("choose the Environment to work in, for you or for this project folder")
    .argument("<name-or-id>", "name or id of the Environment")
    .option("--project", `for this folder and those below it, in ${PROJECT_FILE}`)
    .action(run(use));
  env
    .command("current")
    .description("the Environment in force, and where it was chosen")
    .action(run(current));
  env
    .command("clear")
    .description("forget the choice, so that the hosted side decides")
    .option("--project", `the one in this folder's ${PROJECT_FILE}`)
    .action(run(clear));
};

/** Asks the hosted side who we are, and remembers the Environments it lists. */
async function ask(deps: Deps, signal: AbortSignal): Promise<Whoami> {
  const whoami = await askWhoami(await deps.hosted(), signal);
  await deps.environments.known.learn(whoami.environments);
  return whoami;
}

async function list({ deps, out, signal }: Invocation): Promise<void> {
  const { environments, linked } = await ask(deps, signal);
  const choice = deps.environments.current();
  const match = choice && matchEnvironment(choice.wanted, environments);
  const chosen = match && "found" in match ? match.found : undefined;
  const inForce = choice ? chosen : linked;
  const rows = environments.map(({ id, name, isDefault }) => ({
    id,
    name,
    default: isDefault,
    linked: id === linked?.id,
    current: id === inForce?.id
  }));
  if (choice && !chosen) out.note(unknownChoice(choice));
  out.answer({ environments: rows }, () => {
    const width = Math.max(...rows.map(({ name }) => plain(name).length), 0);
    return rows.map((row) => describeRow(row, width, out.color.bold)).join("\n");
  });
}

function describeRow(
  row: { id: string; name: string; default: boolean; linked: boolean; current: boolean },
  width: number,
  emphasize: (text: string) => string
): string {
  const name = plain(row.name).padEnd(width);
  const remarks = [row.default && "default", row.linked && "linked"].filter(Boolean).join(", ");
  const line = `${row.current ? "*" : " "} ${row.current ? emphasize(name) : name}  ${plain(row.id)}  ${remarks}`;
  return line.trimEnd();
}

async function use({ deps, out, signal }: Invocation, options: ScopeOptions, wanted: string): Promise<void> {
  const { environments } = await ask(deps, signal);
  const { id, name } = findEnvironment(wanted, environments);
  const file = options.project
    ? await saveHere(deps, id)
    : await deps.environments.chooseForUser({ id, name });
  const { linked } = await ask(deps, signal);
  const choice = deps.environments.current();
  const inForce = choice?.wanted === id;
  const note = inForce ? reportOn({ id, name }, linked) : outranked(choice, deps);
  const answer = {
    environment: { id, name },
    scope: options.project ? "project" : "user",
    file,
    inForce,
    reported: linked ?? null,
    note
  };
  out.answer(answer, () => {
    const where = options.project ? `this folder (${file})` : `you (${file})`;
    return [
      `${plain(name)} is the Environment for ${where}.`,
      plain(note),
      ...rebindAt(deps, linked, id)
    ].join("\n");
  });
}

/** Writes this very folder's project file, also where a folder above has one. */
async function saveHere(deps: Deps, environment: string | undefined): Promise<string> {
  const file = join(deps.io.cwd(), PROJECT_FILE);
  await saveProject(file, environment);
  deps.environments.changed();
  return file;
}

function rebindAt(deps: Deps, linked: Environment | undefined, id: string): string[] {
  const known = linked?.id !== id && deps.settings.url.href === DEFAULT_URL;
  return known ? ["The dashboard is at https://dashboard.imgwire.dev."] : [];
}

function outranked(choice: Choice | undefined, deps: Deps): string {
  return choice
    ? `It is not in force here: ${label(choice, deps)} is chosen in ${choice.place}.`
    : "It is not in force here.";
}

/** A choice for people: the name where it is known. */
function label({ wanted }: Choice, deps: Deps): string {
  const known = deps.environments.known.last().find(({ id }) => id === wanted);
  return plain(known?.name ?? wanted);
}

function unknownChoice({ wanted, place }: Choice): string {
  return `"${plain(wanted)}", chosen in ${place}, is none of these.`;
}

async function current({ deps, out, signal }: Invocation): Promise<void> {
  const found = await currentOf(deps, signal);
  out.answer(found, ({ environment, place }) => {
    if (!environment)
      return "None is chosen, and the connection is bound to none. Choose one: imgwire env use <name>";
    const { id, name } = environment;
    const shown = name === undefined ? plain(id) : `${plain(name)}${id ? `  ${plain(id)}` : ""}`;
    return `${shown}\n${place ? `chosen in ${place}` : "bound to the connection; nothing is chosen on this machine"}`;
  });
}

async function currentOf(deps: Deps, signal: AbortSignal): Promise<Current> {
  const choice = deps.environments.current();
  if (choice) {
    const environment = named(chosenNow(deps.environments), deps);
    return { environment, source: choice.source, place: choice.place };
  }
  const { linked } = await ask(deps, signal);
  return { environment: linked ?? null, source: linked ? "hosted link" : null, place: null };
}

/** An Environment with the name it had when it was last listed, where that is long ago too. */
function named(environment: Partial<Environment> | undefined, deps: Deps): Partial<Environment> | null {
  if (!environment) return null;
  const known = deps.environments.known
    .last()
    .find(({ id, name }) => id === environment.id || name === environment.name);
  return known ?? environment;
}

async function clear({ deps, out }: Invocation, options: ScopeOptions): Promise<void> {
  const file = options.project
    ? await saveHere(deps, undefined)
    : await deps.environments.chooseForUser(undefined);
  const choice = deps.environments.current() ?? null;
  const answer = { scope: options.project ? "project" : "user", file, inForce: choice };
  out.answer(answer, () =>
    choice
      ? `Cleared in ${file}. In force now: ${label(choice, deps)}, chosen in ${choice.place}.`
      : `Cleared in ${file}. The hosted side decides now.`
  );
}
