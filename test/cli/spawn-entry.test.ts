import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, it, vi } from "vitest";
import { killTree, planSpawn } from "../../src/cli/commands/doctor/spawn-entry.ts";
import { removeFolder } from "../support/folder.ts";

const FILES = ["C:\\node\\npx.cmd", "C:\\node\\node.exe", "C:\\Windows\\cmd.exe", "D:\\my tools\\it.bat"];
const env = { Path: "C:\\Windows;C:\\node", ComSpec: "C:\\Windows\\cmd.exe", PATHEXT: ".COM;.EXE;.BAT;.CMD" };
const onWindows = { platform: "win32" as const, env, exists: (path: string) => FILES.includes(path) };
const byCmd = (line: string) => {
  return { file: "C:\\Windows\\cmd.exe", args: ["/d", "/s", "/c", `"${line}"`], verbatim: true };
};

it.each([
  ["npx", ["-y", "imgwire-mcp"], byCmd('^"C:\\node\\npx.cmd^" ^"-y^" ^"imgwire-mcp^"')],
  ["npx.cmd", ["-y"], byCmd('^"C:\\node\\npx.cmd^" ^"-y^"')],
  ["C:\\node\\npx.cmd", [], byCmd('^"C:\\node\\npx.cmd^"')],
  ["D:\\my tools\\it", ["a&b %PATH%"], byCmd('^"D:\\my^ tools\\it.bat^" ^"a^&b^ ^%PATH^%^"')],
  ["npx", ['say "hi"\\'], byCmd('^"C:\\node\\npx.cmd^" ^"say^ \\^"hi\\^"\\\\^"')],
  ["node", ["a.js"], { file: "C:\\node\\node.exe", args: ["a.js"], verbatim: false }],
  ["cmd", ["/c", "npx"], { file: "C:\\Windows\\cmd.exe", args: ["/c", "npx"], verbatim: false }],
  ["nowhere", ["x"], { file: "nowhere", args: ["x"], verbatim: false }]
])("starts %s on Windows as agents do [cli.entry-started-as-agents-do]", (command, args, plan) => {
  expect(planSpawn(command, args, onWindows)).toEqual(plan);
});

it("starts a command on other systems exactly as written [cli.entry-started-as-agents-do]", () => {
  const plan = { file: "npx", args: ["-y"], verbatim: false };
  expect(planSpawn("npx", ["-y"], { ...onWindows, platform: "linux" })).toEqual(plan);
});

it.skipIf(process.platform === "win32")(
  "kills an entry's descendants with it on Windows [cli.entry-started-as-agents-do]",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "taskkill-"));
    const said = join(folder, "said");
    writeFileSync(join(folder, "taskkill"), `#!/bin/sh\necho "$@" > ${said}.new && mv ${said}.new ${said}\n`);
    chmodSync(join(folder, "taskkill"), 0o755);
    vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
    killTree({ pid: 4711 }, "win32");
    await vi.waitUntil(() => existsSync(said), { timeout: 10_000 });
    vi.unstubAllEnvs();
    expect(readFileSync(said, "utf8")).toBe("/pid 4711 /T /F\n");
    await removeFolder(folder);
  }
);
