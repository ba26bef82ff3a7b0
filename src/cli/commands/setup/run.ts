import { EXIT, exitCodeOf } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { fetchWhoami } from "../../whoami.ts";
import { shownError } from "../../ui/error.ts";
import { plain } from "../../ui/output.ts";
import { chooseEnvironment } from "../env/choose.ts";
import type { Result } from "../install/report.ts";
import { install } from "../install/run.ts";
import { signInByUser } from "../login/run.ts";
import { identify } from "../whoami/identity.ts";
import { planSetup, type Plan } from "./plan.ts";
import { describeEnd, describeStep } from "./report.ts";
import { type SetupOptions, type StepName, type StepResult } from "./step.ts";

const NONE_FOUND =
  "No agents were found here, so neither Imgwire nor its skill was added.\n  Once you have one: imgwire install --skill";

type StepOutcome = Omit<StepResult, "step" | "error">;

/**
 * Signs in, selects an Environment and adds Imgwire to the agents. A failed step doesn't stop the others.
 * @returns the exit code of the first failure, or 0
 */
export async function runSetup(invocation: Invocation, options: SetupOptions): Promise<number> {
  const { deps, out, signal } = invocation;
  const { signedIn } = await (await deps.session()).status();
  const plan = await planSetup(invocation, options, signedIn);
  const results: StepResult[] = [];
  let code: number = EXIT.done;
  const steps: readonly [StepName, () => Promise<StepOutcome>][] = [
    ["login", () => signIn(invocation, plan, signedIn)],
    ["environment", () => environment(invocation, plan, options)],
    ["agents", () => agents(invocation, plan)]
  ];
  for (const [step, run] of steps) {
    const result = await run().catch((error: unknown): StepResult => {
      if (signal.aborted) throw error;
      code ||= exitCodeOf(error);
      const shown = shownError(error);
      return { step, state: "failed", message: shown.message, error: shown };
    });
    results.push({ ...result, step });
    out.print(describeStep({ ...result, step }, out));
  }
  const ok = code === EXIT.done;
  out.answer({ ok, steps: results }, () => describeEnd(results, out));
  return code;
}

async function signIn(invocation: Invocation, { login }: Plan, signedIn: boolean): Promise<StepOutcome> {
  if (!login && !signedIn) return { state: "skipped", message: "Not signed in." };
  if (!signedIn) await signInByUser(invocation, {});
  const { user, organization } = await identify(invocation);
  const who = [user?.name ?? user?.email ?? user?.id, organization?.name && `(${organization.name})`];
  const state = signedIn ? "already" : "done";
  return {
    state,
    message: plain(`Signed in as ${who.filter(Boolean).join(" ")}.`),
    details: { user, organization }
  };
}

async function environment(invocation: Invocation, plan: Plan, { yes }: SetupOptions): Promise<StepOutcome> {
  const { deps } = invocation;
  if (!plan.environment) return { state: "skipped", message: "No Environment chosen." };
  if (!(await (await deps.session()).status()).signedIn) {
    return { state: "skipped", message: "You can choose an Environment once you're signed in." };
  }
  const choice = deps.environments.current();
  const { environments, linked } = await fetchWhoami(invocation);
  const name = choice ? environments.find(({ id }) => id === choice.wanted)?.name : linked?.name;
  if (choice ?? linked) {
    return { state: "already", message: `Environment: ${plain(name ?? choice?.wanted)}.` };
  }
  const chosen = await chooseEnvironment(invocation, environments, yes === true);
  if (!chosen) return { state: "skipped", message: "No Environment chosen." };
  return { state: "done", message: `Environment: ${plain(chosen.name)}.`, details: chosen };
}

async function agents(
  invocation: Invocation,
  { agents: targets, noneFound, skill }: Plan
): Promise<StepOutcome> {
  if (noneFound) return { state: "skipped", message: NONE_FOUND };
  if (targets.length === 0) return { state: "skipped", message: "No agents chosen." };
  let details: unknown;
  let message = "";
  const out: Invocation["out"] = {
    ...invocation.out,
    note: () => undefined,
    answer(value, human) {
      details = value;
      message = human(value);
    }
  };
  const options = { scope: "user", skill } as const;
  const code = await install(
    { ...invocation, out },
    options,
    targets.map(({ agent }) => agent.id)
  );
  const changed = (details as { results: readonly Result[] } | undefined)?.results.some(
    ({ change, skill }) => change !== "unchanged" || (skill && skill.change !== "unchanged")
  );
  const state = code !== EXIT.done ? "failed" : changed ? "done" : "already";
  return { state, message, details };
}
