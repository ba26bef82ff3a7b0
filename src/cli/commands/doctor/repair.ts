import { rm } from "node:fs/promises";
import { messageOf } from "../../../errors.ts";
import type { Scope } from "../../../agents/agent.ts";
import type { Invocation } from "../../command.ts";
import { plain } from "../../ui/output.ts";
import { pickOne } from "../../ui/prompts.ts";
import { install } from "../install/run.ts";
import { signInByUser } from "../login/run.ts";

/** A repair that `--fix` can make. */
export interface Repair {
  /** An imperative phrase that describes it. */
  does: string;
  /**
   * Whether it affects only files that this program recreates on its own. Otherwise the user is asked first.
   */
  safe: boolean;
  run: (invocation: Invocation) => Promise<unknown>;
}

/** A finished check with its repair. */
interface Finding {
  title: string;
  repair?: Repair;
}

/** Removes files from the program's own cache. */
export function removeCached(files: readonly string[]): Repair {
  const does = `remove ${files.length === 1 ? "the damaged tool list" : "the damaged tool lists"}`;
  return { does, safe: true, run: () => Promise.all(files.map((file) => rm(file, { force: true }))) };
}

/** Rewrites an agent's entry, as `imgwire install` does. */
export function installAgain(agent: string, scope: Scope): Repair {
  const run = (invocation: Invocation): Promise<number> => {
    const out = { ...invocation.out, answer: () => undefined, note: () => undefined };
    return install({ ...invocation, out }, { scope }, [agent]);
  };
  return { does: `rewrite the entry of ${agent}`, safe: false, run };
}

/** Signs in, as `imgwire login` does. */
export const SIGN_IN: Repair = {
  does: "sign in",
  safe: false,
  run: (invocation) => signInByUser(invocation, {})
};

/**
 * Makes all safe repairs, and the others if the user at the terminal agrees.
 * @returns what was repaired
 */
export async function repairAll(findings: readonly Finding[], invocation: Invocation): Promise<string[]> {
  const { out } = invocation;
  const done: string[] = [];
  for (const { title, repair } of findings) {
    if (!repair || !(repair.safe || (await agrees(title, repair, invocation)))) continue;
    try {
      await repair.run(invocation);
      done.push(repair.does);
      out.note(`Fixed: ${repair.does}.`);
    } catch (error) {
      invocation.signal.throwIfAborted();
      out.note(`Couldn't ${repair.does}: ${plain(messageOf(error))}`);
    }
  }
  return done;
}

function agrees(title: string, { does }: Repair, invocation: Invocation): Promise<boolean> {
  if (!invocation.out.canAsk) return Promise.resolve(false);
  return pickOne(invocation, {
    message: `${title}: ${does}?`,
    options: [
      { value: true, label: "Yes" },
      { value: false, label: "No" }
    ],
    cancelled: "Nothing else was changed."
  });
}
