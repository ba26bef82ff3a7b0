import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PARTS } from "../support/parts.ts";
import { bin, ROOT } from "../support/program.ts";

const { man } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { man: string[] };

describe.runIf(PARTS.mandoc.path)("the manual pages", () => {
  it.each(man)("passes mandoc's checks in %s [release.manual]", (page) => {
    expect(
      execFileSync("mandoc", ["-T", "lint", "-W", "error", join(ROOT, page)], { encoding: "utf8" })
    ).toBe("");
  });

  it("describes each command that the help lists in the manual page [release.manual]", () => {
    const help = execFileSync(process.execPath, [bin("imgwire"), "--help"], { encoding: "utf8" });
    const page = readFileSync(join(ROOT, "man/imgwire.1"), "utf8");
    const [list = ""] = help.split("\nExamples:");
    const commands = [...list.matchAll(/^ {2}([a-z]+)(?= )/gm)].map((match) => match[1]!);
    expect(commands.length).toBeGreaterThan(15);
    expect(commands.filter((name) => !page.includes(`.SS "imgwire ${name}`))).toEqual([]);
  });
});
