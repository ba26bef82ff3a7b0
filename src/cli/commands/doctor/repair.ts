import { rm } from "node:fs/promises";
import { messageOf } from "../../../errors.ts";
import type { Scope } from "../../../agents/agent.ts";
import type { Invocation } from "../../command.ts";
import { plain } from "../../ui/output.ts";
import { pickOne } from "../../ui/prompts.ts";
import { install } from "../install/run.ts";
import { signInByUser } from "../login/run.ts";

/** What `--fix` can do about a finding. */
export interface Repair {
  /** What it does, as an imperative. */
  does: string;
  /** Whether it touches nothing but what this program makes again by itself; else the person is asked. */
  safe: boolean;
  run: (invocation: Invocation) => Promise<unknown>;
}

/** A finished check, as far as it concerns its repair. */
interface Finding {
  title: string;
  repair?: Repair;
}

/** Removes files of our own cache. */
export function removeCached(files: readonly string[]): Repair {
  const does = `remove ${files.length === 1 ? "the damaged tool list" : "the damaged tool lists"}`;
  return { does, safe: true, run: () => Promise.all(files.map((file) => rm(file, { force: true }))) };
}

/** Writes an agent's entry again, as `imgwire install` does. */
export function installAgain(agent: string, scope: Scope): Repair {
  const run = (invocation: Invocation): Promise<number> => {
    const out = { ...invocation.out, answer: () => undefined, note: () => undefined };
    return install({ ...invocation, out }, { scope }, [agent]);
  };
  return { does: `write the entry of ${agent} again`, safe: false, run };
}

/** Signs in, as `imgwire login` does. */
export const SIGN_IN: Repair = {
  does: "sign in",
  safe: false,
  run: (invocation) => signInByUser(invocation, {})
};

/**
 * Repairs what can be repaired: what is safe at once, the rest where the person at the terminal agrees.
 * @returns what was done
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
