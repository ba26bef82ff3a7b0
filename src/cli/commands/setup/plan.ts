import { UsageError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { pickMany } from "../../ui/prompts.ts";
import { expectedTargets, type Target } from "../install/targets.ts";
import type { SetupOptions } from "./step.ts";

/** The steps to carry out. */
export interface Plan {
  login: boolean;
  environment: boolean;
  agents: readonly Target[];
  /** No agents were found on this machine. */
  noneFound: boolean;
  skill: boolean;
}

type Choice = { step: "login" } | { step: "agents"; target: Target } | { step: "skill" };

/**
 * Works out what to do, and lets the user at the terminal deselect parts of it.
 * @param signedIn whether there is already a sign-in
 * @throws UsageError if the user can't be asked and `--yes` was not given; InterruptedError
 */
export async function planSetup(
  invocation: Invocation,
  { yes, skip = [] }: SetupOptions,
  signedIn: boolean
): Promise<Plan> {
  const { deps, out } = invocation;
  if (!yes && !out.canAsk) {
    throw new UsageError("Setup asks questions, but there is no terminal to ask them on.", {
      hint: "Run `imgwire setup --yes`. To skip steps: --skip login,environment,agents,skill"
    });
  }
  const agents = skip.includes("agents") ? [] : await expectedTargets("install", "user", deps);
  const all: Plan = {
    login: !signedIn && !skip.includes("login"),
    environment: !skip.includes("environment"),
    agents,
    noneFound: agents.length === 0 && !skip.includes("agents"),
    skill: agents.length > 0 && !skip.includes("skill")
  };
  const choices = choicesIn(all);
  if (yes || choices.length === 0) return all;
  const options = choices.map((choice) => ({ value: choice, ...labelOf(choice) }));
  const picked = await pickMany<Choice>(invocation, {
    message: "Set up Imgwire",
    options,
    initial: choices,
    cancelled: "Nothing was changed."
  });
  return {
    ...all,
    login: picked.some(({ step }) => step === "login"),
    agents: picked.flatMap((each) => (each.step === "agents" ? [each.target] : [])),
    skill: picked.some(({ step }) => step === "skill")
  };
}

function choicesIn({ login, agents, skill }: Plan): Choice[] {
  return [
    ...(login ? [{ step: "login" } as const] : []),
    ...agents.map((target) => ({ step: "agents", target }) as const),
    ...(skill ? [{ step: "skill" } as const] : [])
  ];
}

function labelOf(choice: Choice): { label: string; hint?: string } {
  if (choice.step === "login") return { label: "Sign in", hint: "opens your browser" };
  if (choice.step === "skill") return { label: "Teach these agents to use Imgwire well", hint: "a skill" };
  return { label: `Add Imgwire to ${choice.target.agent.title}`, hint: choice.target.file };
}
