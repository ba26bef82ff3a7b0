import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { baseEnv, bin, imgwire } from "../support/program.ts";
import { removeFolder } from "../support/folder.ts";

let folder: string;
let onPath: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "name-")));
  onPath = join(folder, "bin");
  mkdirSync(onPath);
});
afterEach(() => removeFolder(folder));

/** Installs a package with a command into node_modules. @returns the command's path */
function install(name: string): string {
  const program = join(folder, "node_modules", name, "dist", "cli.js");
  mkdirSync(dirname(program), { recursive: true });
  writeFileSync(join(dirname(program), "..", "package.json"), JSON.stringify({ name }));
  writeFileSync(program, "");
  chmodSync(program, 0o755);
  return program;
}

/** @returns doctor's check of the name `imgwire` */
async function checkName(): Promise<unknown> {
  const env = baseEnv({
    HOME: folder,
    IMGWIRE_CONFIG_DIR: folder,
    IMGWIRE_MCP_URL: "http://127.0.0.1:1/mcp"
  });
  const PATH = [onPath, dirname(process.execPath)].join(delimiter);
  const { stdout } = await imgwire(["doctor", "--json"], { ...env, PATH, IMGWIRE_TOKEN_STORE: "file" });
  const { checks } = JSON.parse(stdout) as { checks: { id: string }[] };
  return checks.find(({ id }) => id === "command");
}

describe("doctor's check of the name imgwire [cli.name-owner]", { timeout: 30_000 }, () => {
  const fix = expect.stringContaining("npx -y imgwire-mcp <command>") as string;

  it("reports Imgwire's own command line if it comes first on the PATH", async () => {
    symlinkSync(install("@imgwire/cli"), join(onPath, "imgwire"));
    expect(await checkName()).toMatchObject({
      status: "warn",
      message: `\`imgwire\` is @imgwire/cli (${join(onPath, "imgwire")}), not this program.`,
      fix
    });
  });

  it("recognises Imgwire's own command line behind a shell script", async () => {
    const script = `#!/bin/sh\nexec node "${install("@imgwire/cli")}" "$@"\n`;
    writeFileSync(join(onPath, "imgwire"), script, { mode: 0o755 });
    expect(await checkName()).toMatchObject({
      status: "warn",
      message: expect.stringContaining("@imgwire/cli") as string
    });
  });

  it("reports any other program named imgwire", async () => {
    writeFileSync(join(onPath, "imgwire"), "#!/bin/sh\n", { mode: 0o755 });
    expect(await checkName()).toMatchObject({
      status: "warn",
      message: expect.stringContaining("is another program") as string,
      fix
    });
  });

  it.skipIf(process.platform === "win32")(
    "reports a file named imgwire that isn't a program, without waiting for it",
    async () => {
      execFileSync("mkfifo", [join(onPath, "imgwire")]);
      expect(await checkName()).toMatchObject({
        status: "warn",
        message: expect.stringContaining("is another program") as string
      });
    }
  );

  it("recognises this program as the owner of the name imgwire", async () => {
    symlinkSync(bin("imgwire"), join(onPath, "imgwire"));
    expect(await checkName()).toMatchObject({
      status: "pass",
      message: expect.stringContaining("this program") as string
    });
  });

  it("passes if no command on the PATH is named imgwire", async () => {
    expect(await checkName()).toMatchObject({
      status: "pass",
      message: expect.stringContaining("isn't on your PATH") as string
    });
  });
});
