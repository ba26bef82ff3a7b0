import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openBrowser, whyNoBrowser } from "../../src/system/browser.ts";
import { removeFolder } from "../support/folder.ts";

const LOCAL = { loopbackHttp: true, privateHosts: true };
const PUBLIC = { loopbackHttp: false, privateHosts: false };

describe("whyNoBrowser", () => {
  it.each([
    [{ DISPLAY: ":0" }, "linux", undefined, undefined],
    [{ WAYLAND_DISPLAY: "wayland-0" }, "linux", undefined, undefined],
    [{}, "linux", undefined, "there is no display"],
    [{}, "darwin", undefined, undefined],
    [{}, "win32", undefined, undefined],
    [{ WSL_DISTRO_NAME: "Debian" }, "linux", undefined, undefined],
    [{ DISPLAY: ":0", SSH_CONNECTION: "1 2 3 4" }, "linux", undefined, "this is an SSH session"],
    [{ SSH_TTY: "/dev/pts/1" }, "darwin", undefined, "this is an SSH session"],
    [{ DISPLAY: ":0" }, "linux", "none", "BROWSER is none"],
    [{ SSH_TTY: "/dev/pts/1" }, "linux", "/usr/bin/lynx", undefined]
  ] as const)(
    "decides whether a browser can be opened: %j on %s with BROWSER %s: %s",
    (env, platform, browser, expected) => {
      expect(whyNoBrowser({ env, platform, browser })).toBe(expected);
    }
  );
});

describe.skipIf(process.platform === "win32")("openBrowser", () => {
  let folder: string;
  let program: string;
  let arguments_: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "imgwire-browser-"));
    program = join(folder, "a browser");
    arguments_ = join(folder, "arguments");
    await writeFile(program, `#!/bin/sh\nprintf '%s\\n' "$#" "$@" > '${arguments_}'\n`);
    await chmod(program, 0o755);
  });
  afterEach(() => removeFolder(folder));

  const open = (url: string, browser: string): Promise<boolean> =>
    openBrowser(url, LOCAL, { env: { PATH: process.env["PATH"] }, platform: "linux", browser });

  it("passes the browser exactly one argument, whatever it contains", async () => {
    const url = "https://as.example/a?b=c&d=e;f=(g)*h";
    expect(await open(url, program)).toBe(true);
    await expect.poll(() => readFile(arguments_, "utf8").catch(() => "")).toBe(`1\n${url}\n`);
  });

  it("returns false if the browser program doesn't exist", async () => {
    expect(await open("https://as.example/", join(folder, "missing"))).toBe(false);
  });

  it("doesn't treat a shell command as a browser program", async () => {
    expect(await open("https://as.example/", `'${program}' --flag`)).toBe(false);
  });

  it.each([
    "javascript:alert(1)",
    "file:///etc/passwd",
    "--version",
    "\\\\host\\share",
    "https://user:pass@as.example/",
    "http://as.example/",
    "https://as.example/$(id)",
    "https://as.example/`id`",
    "https://as.example/a b",
    "https://as.example/\u001b]8;;x",
    "https://as.example/\u202e",
    "vscode://file/x",
    ""
  ])("refuses to open %j", async (url) => {
    await expect(open(url, program)).rejects.toMatchObject({ code: "url_refused" });
    await expect(readFile(arguments_)).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("opens plain http for a loopback host if that is allowed", async () => {
    expect(await open("http://127.0.0.1:1/x", program)).toBe(true);
    const strict = openBrowser("http://127.0.0.1:1/x", PUBLIC, {
      env: {},
      platform: "linux",
      browser: program
    });
    await expect(strict).rejects.toMatchObject({ code: "url_refused" });
  });
});
