import { Option } from "commander";
import { createTwoFilesPatch } from "diff";
import { applyChange, type ConfigChange, type ConfigResult, planChange } from "../../../agents/apply.ts";
import { ENTRY_NAME, SCOPES, type Scope } from "../../../agents/agent.ts";
import { AGENTS } from "../../../agents/catalogue.ts";
import { describeError, type ErrorReport, EXIT, ImgwireError } from "../../../errors.ts";
import { redact, stripControls } from "../../../log.ts";
import type { Invocation, Register } from "../../command.ts";
import { entryFor } from "./entry.ts";
import { askForTargets, namedTargets, type Target } from "./targets.ts";

interface UninstallOptions {
  scope: Scope;
  dryRun?: boolean;
}

interface InstallOptions extends UninstallOptions {
  remote?: boolean;
  print?: boolean;
}

/** What happened to one agent's file; the JSON answer holds these. */
interface Result {
  client: string;
  scope: Scope;
  file: string;
  change?: ConfigResult["change"];
  backup?: string;
  diff?: string;
  error?: ErrorReport;
}

/** `install` and `uninstall`. */
export const registerInstall: Register = (program, run) => {
  const scope = new Option(
    "--scope <scope>",
    "for you on this machine, or for everyone in this project folder"
  )
    .choices(SCOPES)
    .default("user");
  const names = AGENTS.map(({ id }) => id).join(", ");
  program
    .command("install")
    .description("write the server's entry into the configuration of agents, or bring it up to date")
    .argument("[client...]", names)
    .option("--remote", "the entry for the hosted URL, without the local server")
    .addOption(scope)
    .option("--dry-run", "show the difference and change nothing")
    .option("--print", "print the entry and change nothing")
    .action(run(install));
  program
    .command("uninstall")
    .description("take the server's entry out again; files that nobody has changed since are as before")
    .argument("[client...]", names)
    .addOption(scope)
    .option("--dry-run", "show the difference and change nothing")
    .action(run(uninstall));
};

const SIGN_IN = "The first tool call signs you in, or do it now: imgwire login";

async function install(invocation: Invocation, options: InstallOptions, clients: string[]): Promise<number> {
  const { deps, out } = invocation;
  const inputs = {
    io: deps.io,
    settings: deps.settings,
    scope: options.scope,
    remote: options.remote === true
  };
  // The form that Claude Code takes is understood by most agents that are not in the catalogue.
  const wanted = options.print && clients.length === 0 ? ["claude-code"] : clients;
  const targets = await targetsOf("install", wanted, invocation, options);
  const changes = targets.map((target) => changeOf(target, options.scope, entryFor(target.agent, inputs)));
  if (options.print) return print(invocation, targets, changes);
  const results = await perform(changes, targets, invocation, options);
  if (results.some(({ change }) => change === "added" || change === "updated") && !options.dryRun) {
    out.note(`Restart the agent.${options.remote ? "" : ` ${SIGN_IN}`}`);
  }
  return exitCode(results);
}

async function uninstall(
  invocation: Invocation,
  options: UninstallOptions,
  clients: string[]
): Promise<number> {
  const targets = await targetsOf("uninstall", clients, invocation, options);
  const changes = targets.map((target) => changeOf(target, options.scope, undefined));
  return exitCode(await perform(changes, targets, invocation, options));
}

function targetsOf(
  command: "install" | "uninstall",
  clients: readonly string[],
  { deps, out, signal }: Invocation,
  { scope }: UninstallOptions
): Promise<Target[]> | Target[] {
  if (clients.length > 0) return namedTargets(clients, scope, deps.io);
  return askForTargets({ command, scope, io: deps.io, out, signal });
}

function changeOf({ agent, file }: Target, scope: Scope, entry: ConfigChange["entry"]): ConfigChange {
  // A user's file may come to hold other servers' secrets; a project's file is there to be shared.
  const mode = scope === "user" ? 0o600 : 0o644;
  return { file, format: agent.format, servers: agent.servers, name: ENTRY_NAME, entry, mode };
}

/** Prints entries as they would stand in an otherwise empty file. */
function print({ out }: Invocation, targets: readonly Target[], changes: readonly ConfigChange[]): number {
  const entries = changes.map(({ file, format, servers, name, entry }, index) => {
    const path = [...servers, name];
    return { client: targets[index]?.agent.id, file, path, entry, text: format.edit("", path, entry) };
  });
  const json = { entries: entries.map(({ text: _, ...rest }) => rest) };
  out.answer(out.json ? json : entries, () =>
    entries.map(({ file, text }) => (entries.length === 1 ? text : `# ${file}\n${text}`)).join("\n")
  );
  return EXIT.done;
}

/** Makes the changes one after another. One that fails does not keep the others back, unless it is the only one. */
async function perform(
  changes: readonly ConfigChange[],
  targets: readonly Target[],
  { deps, out }: Invocation,
  { scope, dryRun = false }: UninstallOptions
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, change] of changes.entries()) {
    const client = targets[index]?.agent.id ?? "";
    try {
      const done = await (dryRun ? planChange : applyChange)(change, deps.paths.state);
      results.push(resultOf(client, scope, done, dryRun));
    } catch (error) {
      if (changes.length === 1 || !(error instanceof ImgwireError)) throw error;
      results.push({ client, scope, file: change.file, error: describeError(error) });
    }
  }
  out.answer({ dryRun, results }, () => results.map((result) => describe(result, dryRun)).join("\n"));
  return results;
}

function resultOf(client: string, scope: Scope, done: ConfigResult, dryRun: boolean): Result {
  const { file, change, backup } = done;
  return { client, scope, file, change, ...(backup && { backup }), ...(dryRun && { diff: diffOf(done) }) };
}

/** A unified diff with little around the change: other servers' entries may hold secrets. */
function diffOf({ file, before = "", after = "" }: ConfigResult): string {
  if (before === after) return "";
  return redact(createTwoFilesPatch(file, file, before, after, "", "", { context: 1 }));
}

function describe({ client, file, change, backup, diff, error }: Result, dryRun: boolean): string {
  const title = AGENTS.find(({ id }) => id === client)?.title ?? client;
  if (error) return stripControls(`${title}: ${error.message}${error.hint ? `\n  ${error.hint}` : ""}`);
  const done = {
    added: `${dryRun ? "would be added" : "added"} to`,
    updated: `${dryRun ? "would be brought" : "brought"} up to date in`,
    removed: `${dryRun ? "would be removed" : "removed"} from`,
    unchanged: "nothing to change in"
  };
  const line = `${title}: ${done[change ?? "unchanged"]} ${file}`;
  return stripControls([line, backup && `  the file before: ${backup}`, diff].filter(Boolean).join("\n"));
}

function exitCode(results: readonly Result[]): number {
  return results.some(({ error }) => error) ? EXIT.failed : EXIT.done;
}
