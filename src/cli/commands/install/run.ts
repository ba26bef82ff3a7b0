import { type Agent, ENTRY_NAME, type Scope } from "../../../agents/agent.ts";
import type { ConfigChange } from "../../../agents/apply.ts";
import type { ConfigTable } from "../../../agents/formats/format.ts";
import { EXIT, UsageError } from "../../../errors.ts";
import type { Invocation } from "../../command.ts";
import { type EntryInputs, entryFor, linkCommand } from "./entry.ts";
import { listAgents } from "./list.ts";
import { perform } from "./perform.ts";
import { describeList, type Result } from "./report.ts";
import { askForTargets, expectedTargets, namedTargets, type Target } from "./targets.ts";
import { bundled } from "../../../mcp/tools/snapshot.ts";

export interface UninstallOptions {
  scope: Scope;
  all?: boolean;
  dryRun?: boolean;
}

export interface InstallOptions extends UninstallOptions {
  remote?: boolean;
  approveReads?: boolean;
  print?: boolean;
  link?: boolean;
  list?: boolean;
  skill?: boolean;
}

/** `imgwire install` */
export async function install(
  invocation: Invocation,
  options: InstallOptions,
  names: string[]
): Promise<number> {
  const { out } = invocation;
  if (options.list) {
    out.answer(await listAgents(invocation.deps), (rows) => describeList(rows, out));
    return EXIT.done;
  }
  // Most agents that aren't in the catalogue accept Claude Code's format.
  const agents = options.print && names.length === 0 && !options.all ? ["claude-code"] : names;
  const targets = await targetsOf("install", agents, invocation, options);
  if (options.link) return printLinks(invocation, targets, options);
  const changes = targets.map((target) =>
    changeOf(target, options.scope, invocation, entryOf(target, options, invocation))
  );
  if (options.print) return print(invocation, targets, changes);
  const results = await perform(changes, targets, invocation, options);
  if (!options.dryRun) noteNext(invocation, targets, results, options);
  return exitCode(results);
}

/** `imgwire uninstall` */
export async function uninstall(
  invocation: Invocation,
  options: UninstallOptions,
  names: string[]
): Promise<number> {
  const targets = await targetsOf("uninstall", names, invocation, options);
  const changes = targets.map((target) => changeOf(target, options.scope, invocation, undefined));
  return exitCode(await perform(changes, targets, invocation, options));
}

async function targetsOf(
  command: "install" | "uninstall",
  names: readonly string[],
  invocation: Invocation,
  { scope, all }: UninstallOptions
): Promise<Target[]> {
  const { deps } = invocation;
  if (names.length > 0) return namedTargets(names, scope, deps.io);
  return all ? expectedTargets(command, scope, deps) : askForTargets(command, scope, invocation);
}

function inputsOf({ deps }: Invocation, { scope, remote }: InstallOptions): EntryInputs {
  return { io: deps.io, settings: deps.settings, scope, remote: remote === true };
}

function entryOf({ agent }: Target, options: InstallOptions, invocation: Invocation): ConfigTable {
  const entry = entryFor(agent, inputsOf(invocation, options));
  return options.approveReads && agent.approve ? { ...entry, ...agent.approve(readingTools()) } : entry;
}

/** The hosted tools that are annotated as read-only, according to the bundled catalogue. */
function readingTools(): string[] {
  return bundled.tools
    .filter(({ annotations }) => annotations?.readOnlyHint === true)
    .map(({ name }) => name);
}

function changeOf(
  { agent, file }: Target,
  scope: Scope,
  { deps }: Invocation,
  entry: ConfigTable | undefined
): ConfigChange {
  const project = scope === "project";
  return {
    file,
    format: agent.format,
    servers: agent.servers,
    name: ENTRY_NAME,
    id: agent.id,
    newFile: project ? agent.newProjectFile : undefined,
    entry,
    // A user's file may later hold secrets for other servers. A project's file is meant to be shared.
    mode: project ? 0o644 : 0o600,
    within: project ? deps.io.cwd() : undefined
  };
}

/** Prints entries as they would appear in an otherwise empty file. */
function print({ out }: Invocation, targets: readonly Target[], changes: readonly ConfigChange[]): number {
  const entries = changes.map(({ file, format, servers, name, entry, newFile = "" }, index) => {
    const path = [...servers, name];
    return { client: targets[index]?.agent.id, file, path, entry, text: format.edit(newFile, path, entry) };
  });
  const json = { entries: entries.map(({ text: _, ...rest }) => rest) };
  out.answer(out.json ? json : entries, () =>
    entries.map(({ file, text }) => (entries.length === 1 ? text : `# ${file}\n${text}`)).join("\n")
  );
  return EXIT.done;
}

function printLinks(invocation: Invocation, targets: readonly Target[], options: InstallOptions): number {
  const command = linkCommand(inputsOf(invocation, options));
  const links = targets.map(({ agent }) => {
    if (agent.link) return { client: agent.id, link: agent.link(command) };
    throw new UsageError(`${agent.title} has no one-click link.`, {
      hint: `Run: imgwire install ${agent.id}`
    });
  });
  invocation.out.answer({ links }, () => links.map(({ link }) => link).join("\n"));
  return EXIT.done;
}

/** Tells the user what to do next, and what is special about the changed agents. */
function noteNext(
  { out }: Invocation,
  targets: readonly Target[],
  results: readonly Result[],
  { remote, approveReads }: InstallOptions
): void {
  const isNew = (change: string | undefined): boolean => ["added", "updated"].includes(change ?? "");
  const changed = targets.filter(
    (_, index) => isNew(results[index]?.change) || isNew(results[index]?.skill?.change)
  );
  if (changed.length === 0) return;
  for (const { agent } of changed) noteAgent(agent, (text) => out.note(text), approveReads === true);
  const signIn = remote ? "" : " To sign in now: imgwire login";
  out.note(`Done. Restart your agent, then ask it to upload an image.${signIn}`);
}

function noteAgent(agent: Agent, note: (text: string) => void, approveReads: boolean): void {
  if (agent.outsideProject !== undefined) {
    note(
      `${agent.outsideProject}: use absolute paths for files, and \`--environment\` to select the Environment.`
    );
  }
  if (approveReads && !agent.approve)
    note(`${agent.title} has no setting for approvals in this file, so it will keep asking.`);
}

function exitCode(results: readonly Result[]): number {
  return results.some(({ error }) => error) ? EXIT.failed : EXIT.done;
}
