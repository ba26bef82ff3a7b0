import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { complete, type Names } from "../../src/cli/commands/completion/complete.ts";
import { createProgram } from "../../src/cli/program.ts";
import { PARTS } from "../support/parts.ts";
import { baseEnv, bin, imgwire } from "../support/program.ts";
import { removeFolder } from "../support/folder.ts";

/** Names that Imgwire might return. Some would do harm if a shell interpreted them. */
const ENVIRONMENTS = ["production", "staging", "stage two", "$(touch HARMED)", "`touch HARMED`", "it's"];
const URL = "http://127.0.0.1:9/mcp";

describe("complete", () => {
  const program = createProgram("imgwire", "0.0.0", () => () => Promise.resolve(), process);
  const names: Names = {
    environments: () => ["production", "staging"].map((value) => ({ value, describe: "" })),
    tools: () => ["whoami", "upload_image"].map((value) => ({ value, describe: "" })),
    agents: () => ["codex", "claude-code"].map((value) => ({ value, describe: "" }))
  };

  async function values(line: string): Promise<string[] | "paths"> {
    const found = await complete(program, line.split(" ").slice(1), names);
    return "paths" in found ? "paths" : found.candidates.map(({ value }) => value);
  }

  it.each([
    ["imgwire log", ["login", "logout"]],
    ["imgwire env ", ["list", "use", "current", "clear"]],
    ["imgwire env use s", ["staging"]],
    ["imgwire env use staging --proj", ["--project"]],
    ["imgwire env use staging ", []],
    ["imgwire env use --project ", ["production", "staging"]],
    ["imgwire tools --environment p", ["production"]],
    ["imgwire tools --environment=p", ["--environment=production"]],
    ["imgwire tools --token-store ", ["auto", "keychain", "file", "memory"]],
    ["imgwire tools --log-level=de", ["--log-level=debug"]],
    ["imgwire call up", ["upload_image"]],
    ["imgwire install codex cl", ["claude-code"]],
    ["imgwire install --scope ", ["user", "project"]],
    ["imgwire completion ", ["bash", "zsh", "fish", "powershell", "install"]],
    ["imgwire tools --log-file ", "paths"],
    ["imgwire upload ", "paths"],
    ["imgwire upload -- --js", "paths"],
    ["imgwire nonsense ", []]
  ])("completes `%s`", async (line, expected) => expect(await values(line)).toEqual(expected));

  it("offers a flag once, and a repeatable one any number of times", async () => {
    expect(await values("imgwire tools --json --")).not.toContain("--json");
    expect(await values("imgwire tools --upload-root /a --")).toContain("--upload-root");
  });

  it("doesn't offer hidden commands", async () => {
    expect(await values("imgwire ")).not.toContain("__complete");
  });
});

describe("the completion script", () => {
  let folder: string;
  let env: Record<string, string>;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "completion-"));
    const command = join(folder, "imgwire");
    writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${bin("imgwire")}' "$@"\n`);
    chmodSync(command, 0o755);
    env = baseEnv({
      HOME: folder,
      PATH: [folder, process.env["PATH"]].join(delimiter),
      IMGWIRE_MCP_URL: URL,
      IMGWIRE_CONFIG_DIR: join(folder, "config"),
      TERM: "xterm"
    });
    seed("state/accounts.json", {
      accounts: { [URL]: { issuer: "i", account: "ann", generation: 1, store: "file" } }
    });
    const environments = ENVIRONMENTS.map((name, index) => ({ id: `id-${index}`, name }));
    seed("cache/environments.json", { [URL]: { ann: { at: 1, environments } } });
    writeFileSync(join(folder, "a-file.png"), "");
  });
  afterAll(() => removeFolder(folder));

  function seed(name: string, content: object): void {
    const path = join(folder, "config", name);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, JSON.stringify(content));
  }

  describe("bash", () => {
    /**
     * Runs the completion function in an interactive bash. @returns its candidates, one in brackets per line
     */
    async function tab(line: string): Promise<string> {
      const child = spawn("bash", ["--norc", "--noprofile", "-i"], { env, cwd: folder });
      const output = text(child.stdout);
      child.stderr.resume();
      child.stdin.end(`source <(imgwire completion bash)
COMP_LINE='${line.replaceAll("'", `'\\''`)}'; COMP_POINT=\${#COMP_LINE}
complete -p imgwire >/dev/null && ${words(line)} && COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)) && _imgwire 2>/dev/null
printf '[%s]\\n' "\${COMPREPLY[@]}"
exit
`);
      return output;
    }

    /** COMP_WORDS as bash sets them: the line split at spaces and at "=". */
    function words(line: string): string {
      const cut = line.split(/ |(?==)|(?<==)/).map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
      return `COMP_WORDS=(${cut.join(" ")})`;
    }

    it("completes commands, names and values after = in bash", async () => {
      expect(await tab("imgwire lo")).toBe("[login]\n[logout]\n");
      expect(await tab("imgwire env use prod")).toBe("[production]\n");
      expect(await tab("imgwire call get_im")).toBe("[get_image_url]\n");
      expect(await tab("imgwire tools --environment=prod")).toBe("[production]\n");
    });

    it("quotes names in bash so that they are read back exactly and nothing is run", async () => {
      const offered = (await tab("imgwire env use ")).trim().split("\n");
      const quoted = offered.map((line) => line.slice(1, -1)).join(" ");
      const read = execFileSync("bash", ["-c", `printf '%s\\n' ${quoted}`], {
        encoding: "utf8",
        cwd: folder
      });
      expect(read.trim().split("\n")).toEqual(ENVIRONMENTS);
      expect(await tab('imgwire env use "')).toBe("[production]\n[staging]\n[stage two]\n");
      expect(execFileSync("ls", { cwd: folder, encoding: "utf8" })).not.toContain("HARMED");
    });
  });

  describe.runIf(PARTS.zsh.path)("zsh", () => {
    it("completes a name in zsh, quoted", async () => {
      expect(await inZsh("imgwire logi\t")).toContain("LINE<imgwire login >");
      expect(await inZsh("imgwire env use prod\t")).toContain("LINE<imgwire env use production >");
      expect(await inZsh("imgwire env use 'stage t\t")).toContain("LINE<imgwire env use 'stage two' >");
      expect(await inZsh("imgwire env use \\$\t")).toContain(
        "LINE<imgwire env use \\$\\(touch\\ HARMED\\) >"
      );
      expect(await inZsh("imgwire tools --environment=prod\t")).toContain("--environment=production >");
      expect(await inZsh("imgwire upload a-f\t")).toContain("LINE<imgwire upload a-file.png >");
    });

    /**
     * Types into an interactive zsh in its own terminal, where Ctrl-G prints the line instead of running it.
     */
    async function inZsh(typed: string): Promise<string> {
      const script = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; autoload -U compinit; compinit -u -D; unsetopt beep; source <(imgwire completion zsh)"
zpty -w shell "show() { print -r -- LINE\\\\<\\$BUFFER\\\\>; BUFFER=; }; zle -N show; bindkey '^G' show; print REA''DY"
zpty -r -m shell out '*READY*'
zpty -w -n shell "$TYPED"$'\\a'
zpty -r -m shell out '*LINE<*>*'
print -r -- "$out"
zpty -d shell
`;
      const child = spawn("zsh", ["-f", "-c", script], { env: { ...env, TYPED: typed }, cwd: folder });
      child.stderr.resume();
      return text(child.stdout);
    }
  });

  describe.runIf(PARTS.fish.path)("fish", () => {
    it("completes commands, names with their ids, and paths in fish", () => {
      expect(inFish("imgwire lo").map(([value]) => value)).toEqual(["login", "logout"]);
      expect(inFish("imgwire env use ")).toEqual(
        expect.arrayContaining(ENVIRONMENTS.map((name, index) => [name, `id-${index}`]))
      );
      expect(inFish("imgwire tools --environment=prod")).toEqual([["--environment=production", "id-0"]]);
      expect(inFish("imgwire upload a-f").map(([value]) => value)).toEqual(["a-file.png"]);
    });

    function inFish(line: string): string[][] {
      const script = "imgwire completion fish | source; complete -C $LINE";
      const output = execFileSync("fish", ["--no-config", "-c", script], {
        env: { ...env, LINE: line },
        cwd: folder,
        encoding: "utf8"
      });
      return output
        .trim()
        .split("\n")
        .map((each) => each.split("\t"));
    }
  });

  it("gives PowerShell names verbatim, which its script quotes [cli.completion-powershell]", async () => {
    const { stdout } = await imgwire(["__complete", "powershell", "--", "env", "use", '""'], env);
    const names = stdout
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split("\t")[0]);
    expect(names).toEqual(ENVIRONMENTS);
    const script = (await imgwire(["completion", "powershell"], env)).stdout;
    expect(script).toContain("Register-ArgumentCompleter -Native -CommandName imgwire");
    expect(script).toContain("EscapeSingleQuotedStringContent($value)");
    expect(script).toContain("'^[\\w./=:-]+$'");
  });

  it("writes completion once to the shell's own file", async () => {
    const home = mkdtempSync(join(tmpdir(), "completion-home-"));
    const own = { ...env, HOME: home, SHELL: "/usr/bin/zsh" };
    for (const changed of [true, false]) {
      const { stdout } = await imgwire(["completion", "install", "--json"], own);
      expect(JSON.parse(stdout)).toEqual({ shell: "zsh", file: join(home, ".zshrc"), changed });
    }
    expect(readFileSync(join(home, ".zshrc"), "utf8")).toBe(
      "command -v imgwire >/dev/null && source <(imgwire completion zsh)\n"
    );
    await removeFolder(home);
  });

  it.runIf(PARTS.zsh.path)(
    "writes a start-up file that works in a bare zsh, with imgwire and without it [cli.completion-start-up]",
    async () => {
      const home = mkdtempSync(join(tmpdir(), "completion-home-"));
      const own: Record<string, string> = { ...env, HOME: home, SHELL: "/usr/bin/zsh" };
      await imgwire(["completion", "install"], own);
      const start = (path: string) =>
        spawnSync("zsh", ["-i", "-c", "print -r -- $_comps[imgwire]"], {
          env: { ...own, PATH: path },
          encoding: "utf8"
        });
      expect(start(own["PATH"]!)).toMatchObject({ stdout: "_imgwire\n", stderr: "" });
      expect(start("/usr/bin:/bin")).toMatchObject({ stdout: "\n", stderr: "" });
      await removeFolder(home);
    }
  );

  it.each([
    [
      "text that is not UTF-8",
      (at: string) => writeFileSync(at, Buffer.from("export A=caf\xe9\n", "latin1"))
    ],
    ["a FIFO", (at: string) => execFileSync("mkfifo", [at])]
  ])("leaves a start-up file alone that is %s [cli.start-up-file-kept]", async (_, make) => {
    const home = mkdtempSync(join(tmpdir(), "completion-home-"));
    const file = join(home, ".zshrc");
    make(file);
    const { ino, mtimeMs } = statSync(file);
    const outcome = await imgwire(["completion", "install"], { ...env, HOME: home, SHELL: "/usr/bin/zsh" });
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(file);
    expect(statSync(file)).toMatchObject({ ino, mtimeMs });
    await removeFolder(home);
  });

  it("reports an unsupported shell as wrong usage", async () => {
    expect((await imgwire(["completion", "tcsh"], env)).code).toBe(2);
  });
});
