import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join, resolve } from "node:path";
import { LOCK_FILE, mergeLocks } from "../../../documents/lock-file.ts";
import { ImgwireError, UsageError } from "../../../errors.ts";
import { withoutSecrets } from "../../../system/child-env.ts";
import { readTextFile } from "../../../system/read.ts";
import { writeFileAtomic } from "../../../system/write.ts";
import type { Invocation } from "../../command.ts";
import { plain } from "../../ui/output.ts";

const MAX_LOCK_BYTES = 256 * 1024 * 1024;
const COMMAND = "npx -y imgwire-mcp publish";
const ATTRIBUTE = `${LOCK_FILE} merge=imgwire`;
const HOOK = `#!/bin/sh
# Written by imgwire publish --install-git.
git diff --cached --name-only --diff-filter=ACMR -z -- '*.md' '*.markdown' '*.mdx' '*.html' '*.htm' '*.ipynb' |
  xargs -0 -r ${COMMAND} --check --
`;

/**
 * Merges two versions of a lock file for git, as its merge driver. The result replaces our version.
 * @throws ImgwireError `lock_file_unusable`
 */
export async function mergeLockFiles({ deps }: Invocation, files: readonly string[]): Promise<void> {
  const [ours, theirs] = files.map((path) => resolve(deps.io.cwd(), path));
  if (ours === undefined || theirs === undefined || files.length > 2) {
    throw new UsageError("--merge-lock takes two lock files: ours and theirs.");
  }
  const read = (path: string): string =>
    readTextFile(path, { maxBytes: MAX_LOCK_BYTES }) || mergeLocks(EMPTY, EMPTY);
  try {
    await writeFileAtomic(ours, mergeLocks(read(ours), read(theirs)), { mode: 0o644 });
  } catch (error) {
    throw new ImgwireError(
      "lock_file_unusable",
      `The lock files can't be merged: ${(error as Error).message}.`,
      {
        cause: error
      }
    );
  }
}

const EMPTY = '{"version":2,"images":{}}';

/**
 * Sets up git for a project: this program merges the lock file, and a hook checks documents before each
 * commit. An existing hook is left alone.
 * @throws UsageError outside a repository
 */
export async function installGit({ deps, out }: Invocation): Promise<void> {
  const git = runner(deps.io.cwd());
  const top = git("rev-parse", "--show-toplevel");
  git("config", "merge.imgwire.name", "imgwire.lock.json");
  git("config", "merge.imgwire.driver", `${COMMAND} --merge-lock %A %B`);
  const attributes = join(top, ".gitattributes");
  const text = readTextFile(attributes) ?? "";
  const isNew = !text.split(/\r?\n/).includes(ATTRIBUTE);
  if (isNew) {
    const separator = text === "" || text.endsWith("\n") ? "" : "\n";
    await writeFileAtomic(attributes, `${text}${separator}${ATTRIBUTE}\n`, { mode: 0o644, within: top });
  }
  const hook = resolve(deps.io.cwd(), git("rev-parse", "--git-path", "hooks"), "pre-commit");
  const existing = readTextFile(hook);
  if (existing === undefined) {
    await writeFileAtomic(hook, HOOK, { mode: 0o755 });
    chmodSync(hook, 0o755);
  }
  const kept = existing !== undefined && existing !== HOOK;
  if (kept)
    out.note(
      `${plain(hook)} already exists, so it wasn't changed. To check documents before each commit, add to it: ${COMMAND} --check <documents>`
    );
  out.answer({ merge_driver: "imgwire", attributes, hook: kept ? null : hook }, () =>
    [
      `Git now merges ${LOCK_FILE} with imgwire${isNew ? ` (commit ${plain(attributes)})` : ""}.`,
      ...(kept ? [] : [`Documents are now checked before each commit (${plain(hook)}).`])
    ].join("\n")
  );
}

function runner(cwd: string) {
  return (...args: string[]): string => {
    const { status, stdout, stderr, error } = spawnSync("git", args, {
      cwd,
      env: withoutSecrets(process.env),
      encoding: "utf8"
    });
    if (status === 0) return stdout.trim();
    throw new UsageError(`Git failed: ${plain((error?.message ?? stderr).trim())}.`, {
      hint: "Run it in a git repository."
    });
  };
}
