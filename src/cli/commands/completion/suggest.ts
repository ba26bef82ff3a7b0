import type { Command } from "commander";
import { AGENTS } from "../../../agents/catalogue.ts";
import type { Deps } from "../../../deps.ts";
import { chosenNow } from "../../../mcp/environment/environments.ts";
import { bundled, SnapshotStore } from "../../../mcp/tools/snapshot.ts";
import { mergeTools } from "../../../mcp/tools/tool-list.ts";
import type { Invocation } from "../../command.ts";
import { plain } from "../../ui/output.ts";
import { type Candidate, complete, type Names } from "./complete.ts";
import type { Shell } from "./scripts.ts";

/** Prints the kind of the answer, `names` or `paths`, then each name with its description, one per line. */
export async function suggest(
  program: Command,
  { deps }: Invocation,
  shell: Shell,
  words: readonly string[]
): Promise<void> {
  const typed = shell === "bash" ? joinedAtEquals(words.map(unquoted)) : words.map(emptyAgain);
  const found = await complete(program, typed, namesFrom(deps));
  if ("paths" in found) return void deps.io.stdout.write("paths\n");
  // bash treats the text after "=" as a separate word.
  const shown = (value: string): string =>
    shell === "bash" && value.startsWith("--") ? value.replace(/^--[\w-]+=/, "") : value;
  const lines = found.candidates.map(({ value, describe }) => `${shown(value)}\t${plain(describe)}`);
  deps.io.stdout.write(`${["names", ...lines].join("\n")}\n`);
}

/** Windows PowerShell can't pass an empty argument, so its script passes two quotes instead. */
function emptyAgain(word: string): string {
  return word === '""' ? "" : word;
}

/** Removes the quotes and backslashes from a word as bash's readline passes it. */
function unquoted(word: string): string {
  return word.replace(/\\(.)|["']/g, "$1");
}

function joinedAtEquals(words: readonly string[]): string[] {
  return words.reduce<string[]>((joined, word) => {
    const last = joined.at(-1) ?? "";
    const continues = word === "=" ? /^--[\w-]+$/.test(last) : /^--[\w-]+=$/.test(last);
    return continues ? [...joined.slice(0, -1), last + word] : [...joined, word];
  }, []);
}

/** Reads names from local files only, so that pressing Tab never waits for the network. */
function namesFrom(deps: Deps): Names {
  return {
    environments: () => deps.environments.known.last().flatMap(({ id, name }) => candidate(name, id)),
    async tools() {
      const tools = mergeTools(lastTools(deps), await deps.localTools());
      return tools.flatMap(({ name, title, description }) => candidate(name, title ?? description ?? ""));
    },
    agents: () => AGENTS.map(({ id, title }) => ({ value: id, describe: title }))
  };
}

function lastTools(deps: Deps): (typeof bundled)["tools"] {
  const environment = chosenNow(deps.environments);
  const key = {
    url: deps.settings.url,
    account: deps.account(),
    environment: environment?.id ?? environment?.name
  };
  return (new SnapshotStore(deps.paths.cache, deps.log).read(key) ?? bundled).tools;
}

/**
 * Turns a name from Imgwire into a candidate; empty if it has control characters or unusual white space.
 */
function candidate(value: string, describe: string): Candidate[] {
  return plain(value) === value ? [{ value, describe }] : [];
}
