import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { bin, type Outcome } from "../support/program.ts";
import { type SignedIn, startSignedIn } from "../support/signed-in.ts";
import { picture, put } from "../transfer/samples.ts";

interface Action {
  inputs: Record<string, { default: string }>;
  runs: { using: string; steps: { shell: string; env: Record<string, string>; run: string }[] };
}

const { version: VERSION } = createRequire(import.meta.url)("../../package.json") as { version: string };

let signedIn: SignedIn;
let project: string;
let action: Action;

beforeAll(async () => {
  signedIn = await startSignedIn();
  project = join(signedIn.folder.path, "project");
  action = parse(await readFile(new URL("../../action.yml", import.meta.url), "utf8")) as Action;
  // Stands in for npx and the registry: `npx --yes imgwire-mcp@latest …` runs the built program.
  const npx = await put(
    signedIn.folder.path,
    "bin/npx",
    `#!/bin/sh\ncase "$1 $2" in "--yes imgwire-mcp@latest"|"--yes imgwire-mcp@${VERSION}") ;; *) exit 99 ;; esac\nshift 2\nexec "${process.execPath}" "${bin("imgwire-mcp")}" "$@"\n`
  );
  await chmod(npx, 0o755);
  await put(project, ".git/HEAD", "");
  await put(project, "docs/a.png", await picture("png"));
  await put(project, "docs/a b.md", "![a](a.png)\n");
});

afterAll(async () => {
  await signedIn.sandbox.close();
  await signedIn.folder.remove();
});

/** Runs the hook's command on files as pre-commit does. */
async function runHook(...files: string[]): Promise<Outcome> {
  const hooks = parse(await readFile(new URL("../../.pre-commit-hooks.yaml", import.meta.url), "utf8")) as {
    entry: string;
    files: string;
  }[];
  const [hook] = hooks;
  const taken = files.filter((file) => new RegExp(hook?.files ?? "").test(file));
  const [command = "", ...args] = hook?.entry.split(" ") ?? [];
  const PATH = `${signedIn.folder.path}/bin${delimiter}${process.env["PATH"] ?? ""}`;
  const child = spawn(command, [...args, ...taken], { cwd: project, env: { ...signedIn.env, PATH } });
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}

/** Runs the action's steps as GitHub's runner does: inputs filled in, each step by its shell. */
async function run(given: Record<string, string>): Promise<Outcome> {
  expect(action.runs.using).toBe("composite");
  const outcome = { code: 0 as number | null, stdout: "", stderr: "" };
  for (const step of action.runs.steps) {
    const filled = Object.entries(step.env).map(([name, value]) => {
      return [
        name,
        value.replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, input: string) => inputOf(input, given))
      ];
    });
    expect([step.shell, step.run]).toEqual(["bash", expect.not.stringContaining("${{") as string]);
    const { env } = signedIn;
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", step.run], {
      cwd: project,
      env: {
        ...env,
        ...{ GITHUB_ACTIONS: "true", PATH: `${signedIn.folder.path}/bin${delimiter}${env["PATH"] ?? ""}` },
        ...(Object.fromEntries(filled) as Record<string, string>)
      }
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
    outcome.code = child.exitCode;
    outcome.stdout += stdout;
    outcome.stderr += stderr;
    if (outcome.code !== 0) break;
  }
  return outcome;
}

function inputOf(name: string, given: Record<string, string>): string {
  const input = action.inputs[name];
  if (!input) throw new Error(`The action has no input ${name}.`);
  return given[name] ?? input.default;
}

it("fails the action's check with an annotation, publishes, and then passes [documents.action]", async () => {
  const token = signedIn.env["IMGWIRE_ACCESS_TOKEN"] ?? "";
  const failed = await run({});
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain("::error file=docs/a b.md,title=imgwire%3A not published::");
  const published = await run({
    mode: "publish",
    paths: "docs",
    "access-token": token,
    arguments: "--width 300"
  });
  expect(published).toMatchObject({ code: 0 });
  expect(await readFile(join(project, "docs/a b.md"), "utf8")).toMatch(/^!\[a\]\(http\S+\?width=300\)\n$/);
  expect(await run({})).toMatchObject({ code: 0 });
});

it("runs nothing from the action's inputs and refuses an unknown mode [documents.action]", async () => {
  const before = await readdir(project);
  expect((await run({ paths: "$(touch pwned) ; touch pwned2 `touch pwned3` *" })).code).toBe(2);
  expect((await run({ arguments: "--width $(touch pwned)" })).code).toBe(2);
  expect(await run({ mode: "check; touch pwned" })).toMatchObject({
    code: 2,
    stdout: "::error::mode must be check or publish\n"
  });
  expect(await readdir(project)).toEqual(before);
});

it("fails the pre-commit hook for a document with an unpublished image [documents.git]", async () => {
  await put(project, "hook/fine.md", "![a](https://example.com/a.png)\n");
  expect(await runHook("hook/fine.md", "hook/a.rs")).toMatchObject({ code: 0 });
  await put(project, "new.md", "![a](new.png)\n");
  await put(project, "new.png", await picture("webp"));
  const { code, stdout } = await runHook("hook/fine.md", "new.md");
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining("new.md") as string });
});
