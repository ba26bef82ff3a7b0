import { InterruptedError } from "../../errors.ts";
import type { Invocation } from "../command.ts";
import { isOn } from "./reader.ts";

/** One option to pick. */
export interface PromptOption<T> {
  value: T;
  label: string;
  /** Shown beside the label. */
  hint?: string;
}

/** A question at the terminal. Ask only if `out.canAsk` is true. */
export interface Prompt<T> {
  message: string;
  options: readonly PromptOption<T>[];
  /** The message if the user cancels. */
  cancelled?: string;
}

/**
 * Lets the user pick one option.
 * @throws InterruptedError
 */
export async function pickOne<T>(invocation: Invocation, prompt: Prompt<T>): Promise<T> {
  if (isAccessible(invocation)) {
    const [first = 0] = await byNumber(invocation, prompt, [0], false);
    return prompt.options[first]!.value;
  }
  const { select } = await import("@clack/prompts");
  const options = prompt.options.map((option) => ({ ...option, value: { picked: option.value } }));
  const { picked } = answered<{ picked: T }>(
    await select({ ...common(invocation), message: prompt.message, options }),
    prompt
  );
  return picked;
}

/**
 * Lets the user pick any number of options; `initial` ones are preselected.
 * @throws InterruptedError
 */
export async function pickMany<T extends object>(
  invocation: Invocation,
  prompt: Prompt<T> & { initial: readonly T[] }
): Promise<T[]> {
  const { message, options, initial } = prompt;
  if (isAccessible(invocation)) {
    const usual = options.flatMap(({ value }, index) => (initial.includes(value) ? [index] : []));
    return (await byNumber(invocation, prompt, usual, true)).map((index) => options[index]!.value);
  }
  const { multiselect } = await import("@clack/prompts");
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

function isAccessible({ deps }: Invocation): boolean {
  return isOn(deps.io.env["IMGWIRE_ACCESSIBLE"]);
}

async function byNumber<T>(
  invocation: Invocation,
  { message, options, cancelled }: Prompt<T>,
  initial: readonly number[],
  many: boolean
): Promise<readonly number[]> {
  const { askByNumber } = await import("./numbered.ts");
  const labels = options.map(({ label, hint }, index) =>
    hint !== undefined && (!many || initial.includes(index)) ? `${label} (${hint})` : label
  );
  return askByNumber(invocation, { message, labels, initial, many, cancelled });
}

function common({ deps, signal }: Invocation) {
  return { input: deps.io.stdin, output: deps.io.stderr, signal };
}

/** The library returns a symbol if the user cancels. Each copy of it has its own, so test for any. */
function answered<T>(value: T | symbol, { cancelled }: { cancelled?: string }): T {
  if (typeof value === "symbol") throw new InterruptedError(cancelled);
  return value;
}
