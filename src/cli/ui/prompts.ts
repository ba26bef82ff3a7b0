import { InterruptedError } from "../../errors.ts";
import type { Invocation } from "../command.ts";
import { isOn } from "./reader.ts";

/** One answer that can be picked. */
export interface PromptOption<T> {
  value: T;
  label: string;
  /** Shown beside the label. */
  hint?: string;
}

/** A question at the terminal. Ask only where `out.canAsk` is true. */
export interface Prompt<T> {
  message: string;
  options: readonly PromptOption<T>[];
  /** What is said when the person cancels. */
  cancelled?: string;
}

/** Lets the person pick one option. @throws InterruptedError */
export async function pickOne<T>(invocation: Invocation, prompt: Prompt<T>): Promise<T> {
  const { select } = await prompts(invocation);
  const options = prompt.options.map((option) => ({ ...option, value: { picked: option.value } }));
  const { picked } = answered<{ picked: T }>(
    await select({ ...common(invocation), message: prompt.message, options }),
    prompt
  );
  return picked;
}

/**
 * Lets the person pick any number of options, of which `initial` are picked at first. @throws
 * InterruptedError
 */
export async function pickMany<T extends object>(
  invocation: Invocation,
  prompt: Prompt<T> & { initial: readonly T[] }
): Promise<T[]> {
  const { multiselect } = await prompts(invocation);
  const { message, options, initial } = prompt;
  return answered<T[]>(
    await multiselect<T>({
      ...common(invocation),
      message,
      options: options as never,
      initialValues: [...initial],
      required: false
    }),
    prompt
  );
}

async function prompts({ deps }: Invocation) {
  const library = await import("@clack/prompts");
  // Numbered or static prompts, for screen readers and terminals that can't redraw.
  library.updateSettings({ accessible: isOn(deps.io.env["IMGWIRE_ACCESSIBLE"]) });
  return library;
}

function common({ deps, signal }: Invocation) {
  return { input: deps.io.stdin, output: deps.io.stderr, signal };
}

/** Cancelling gives a symbol, of whatever copy of the library. */
function answered<T>(value: T | symbol, { cancelled }: { cancelled?: string }): T {
  if (typeof value === "symbol") throw new InterruptedError(cancelled);
  return value;
}
