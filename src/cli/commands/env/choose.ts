import { ImgwireError } from "../../../errors.ts";
import type { Whoami } from "../../../mcp/service/whoami.ts";
import type { Invocation } from "../../command.ts";
import { plain } from "../../ui/output.ts";
import { pickOne, type PromptOption } from "../../ui/prompts.ts";
import { fetchWhoami } from "../../whoami.ts";

/**
 * If no Environment is selected or linked to the connection, asks the user to pick one and saves the choice.
 * Does nothing if the user can't be asked: the call that needs an Environment then fails, and {@link
 * explainMissing} says what to type.
 */
export async function chooseIfMissing(invocation: Invocation): Promise<void> {
  const { deps, out } = invocation;
  if (!out.canAsk || deps.environments.current()) return;
  const { environments, linked } = await fetchWhoami(invocation);
  if (linked || environments.length === 0) return;
  const { id, name } = await pickOne(invocation, {
    ...QUESTION,
    options: environments.map((each) => optionFor(each))
  });
  const file = await deps.environments.chooseForUser({ id, name });
  out.note(`Now using ${plain(name)} (saved in ${file}).`);
}

type Environment = Whoami["environments"][number];

const QUESTION = {
  message: "Which Environment do you want to work in?",
  cancelled: "No Environment selected."
};

function optionFor(environment: Environment): PromptOption<Environment> {
  const { name, isDefault } = environment;
  return { value: environment, label: plain(name), ...(isDefault && { hint: "default" }) };
}

/**
 * Selects an Environment for the user and saves it: the only one, the default if `unasked`, or the one that
 * the user picks.
 * @returns undefined if there is none or the user decides later
 */
export async function chooseEnvironment(
  invocation: Invocation,
  environments: readonly Environment[],
  unasked: boolean
): Promise<Environment | undefined> {
  const likely = environments.find(({ isDefault }) => isDefault) ?? environments[0];
  const later = { value: undefined, label: "Decide later" };
  const chosen =
    unasked || environments.length < 2
      ? likely
      : await pickOne<Environment | undefined>(invocation, {
          ...QUESTION,
          options: [...environments.map(optionFor), later]
        });
  if (chosen) await invocation.deps.environments.chooseForUser({ id: chosen.id, name: chosen.name });
  return chosen;
}

/**
 * If a call failed because no Environment is selected, returns an error that lists the Environments;
 * otherwise returns the error unchanged.
 */
export async function explainMissing({ deps, signal }: Invocation, error: unknown): Promise<unknown> {
  const isAboutEnvironments = error instanceof Error && /\benvironments?\b/i.test(error.message);
  const isExplained = error instanceof ImgwireError && /^environment_/.test(error.code);
  if (!isAboutEnvironments || isExplained || deps.environments.current() || signal.aborted) return error;
  const whoami = await fetchWhoami({ deps, signal }).catch(() => undefined);
  if (!whoami || whoami.linked || whoami.environments.length === 0) return error;
  const names = whoami.environments.map(({ name }) => plain(name));
  return new ImgwireError("environment_needed", "No Environment selected.", {
    hint: `Run: imgwire env use <${names.join("|")}>`,
    cause: error
  });
}
