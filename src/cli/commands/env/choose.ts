import { ImgwireError } from "../../../errors.ts";
import { askWhoami } from "../../../mcp/service/whoami.ts";
import type { Invocation } from "../../command.ts";
import { plain } from "../../ui/output.ts";
import { pickOne } from "../../ui/prompts.ts";

/**
 * Lets the person pick an Environment where none is selected and none is linked to the connection, and saves
 * the choice. Where nobody can be asked it does nothing: the call that needs an Environment fails, and {@link
 * explainMissing} says what to type.
 */
export async function chooseIfMissing(invocation: Invocation): Promise<void> {
  const { deps, out, signal } = invocation;
  if (!out.canAsk || deps.environments.current()) return;
  const { environments, linked } = await askWhoami(await deps.hosted(), signal);
  await deps.environments.known.learn(environments);
  if (linked || environments.length === 0) return;
  const picked = await pickOne(invocation, {
    message: "Which Environment do you want to work in?",
    options: environments.map((each) => ({
      value: each,
      label: plain(each.name),
      ...(each.isDefault && { hint: "default" })
    })),
    cancelled: "No Environment selected."
  });
  const { id, name } = picked;
  const file = await deps.environments.chooseForUser({ id, name });
  out.note(`Now using ${plain(name)} (saved in ${file}).`);
}

/**
 * Turns a failure for want of an Environment into one that names the Environments; any other is returned as
 * it is.
 */
export async function explainMissing({ deps, signal }: Invocation, error: unknown): Promise<unknown> {
  const isAboutEnvironments = error instanceof Error && /\benvironments?\b/i.test(error.message);
  if (!isAboutEnvironments || deps.environments.current() || signal.aborted) return error;
  const whoami = await deps
    .hosted()
    .then((hosted) => askWhoami(hosted, signal))
    .catch(() => undefined);
  if (!whoami || whoami.linked || whoami.environments.length === 0) return error;
  const names = whoami.environments.map(({ name }) => plain(name));
  return new ImgwireError("environment_needed", "No Environment selected.", {
    hint: `Run: imgwire env use <${names.join("|")}>`,
    cause: error
  });
}
