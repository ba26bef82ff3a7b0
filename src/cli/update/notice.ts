import { version } from "../../../package.json";
import type { Invocation } from "../command.ts";
import { askRegistry, isNewer, readUpdateState, saveUpdateState } from "./newest.ts";

const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Looks for a newer version while a command runs and tells the user about it at the end, at most once a day.
 * The command never waits for the search.
 * @returns a function that ends the search and prints the notice, if there is one
 */
export function watchForUpdate({ deps, out, signal }: Invocation): () => Promise<void> {
  const { state: folder } = deps.paths;
  const state = readUpdateState(folder);
  const stop = new AbortController();
  if (Date.now() - state.checkedAt > DAY_MS) {
    askRegistry(deps, AbortSignal.any([signal, stop.signal])).then(
      (newest) => Object.assign(state, { newest, checkedAt: Date.now() }),
      () => undefined
    );
  }
  const before = JSON.stringify(state);
  return async () => {
    stop.abort();
    const { newest, toldAt } = state;
    if (newest && isNewer(newest, version) && Date.now() - toldAt > DAY_MS) {
      out.note(
        `\nimgwire-mcp ${newest} is available; you have ${version}. To update: ${howToUpdate(out.program)}`
      );
      state.toldAt = Date.now();
    }
    // If it can't be saved, the check and the notice are repeated next time.
    if (JSON.stringify(state) !== before) await saveUpdateState(folder, state).catch(() => undefined);
  };
}

/** Returns the command to type. It names the latest version for npx, which caches packages. */
export function howToUpdate(program = "imgwire"): string {
  return program.startsWith("npx")
    ? "npx -y imgwire-mcp@latest install"
    : "npm install -g imgwire-mcp@latest, then imgwire install";
}
