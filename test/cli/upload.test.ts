import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { buffer, text } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { bin, imgwire, type Outcome } from "../support/program.ts";
import { type SignedIn, startSignedIn } from "../support/signed-in.ts";
import { largePng, picture, put } from "../transfer/samples.ts";

let sandbox: Sandbox;
let env: Record<string, string>;
let folder: SignedIn["folder"];

beforeAll(async () => {
  ({ sandbox, folder, env } = await startSignedIn());
  await put(folder.path, "a.png", await picture("png"));
  await put(folder.path, "docs/b.jpg", await picture("jpeg"));
  await put(folder.path, "docs/deep/c.webp", await picture("webp"));
  await put(folder.path, "fake.png", "not an image");
});

afterAll(async () => {
  await sandbox.close();
  await folder.remove();
});

beforeEach(() => sandbox.clearFaults());

/** Runs the built program in the folder of images. */
async function run(args: string[], input = "", more: Record<string, string> = {}): Promise<Outcome> {
  return imgwire(
    args.map((arg) => arg.replace(/^\.\//, `${folder.path}/`)),
    { ...env, ...more },
    input
  );
}

function lines(output: string): string[] {
  return output.split("\n").filter((line) => line !== "");
}

/** Whether a process may have its own mounts, which Linux grants to root and usually to other users. */
const CAN_MOUNT = spawnSync("unshare", [process.getuid?.() === 0 ? "-m" : "-mr", "true"]).status === 0;

describe("imgwire upload", () => {
  it("doesn't ask Imgwire about unchanged files with upload -r [transfer.unchanged-not-asked]", async () => {
    await put(folder.path, "twice/a.png", await picture("png"));
    await put(folder.path, "twice/b.webp", await picture("webp"));
    const first = await run(["upload", "-r", "./twice"]);
    expect(first.code).toBe(0);
    sandbox.fault({ origin: "mcp", times: 1_000, status: 503 });
    const second = await run(["upload", "-r", "./twice"]);
    expect({ code: second.code, stdout: second.stdout, struck: sandbox.struck }).toEqual({
      code: 0,
      stdout: first.stdout,
      struck: 0
    });
    const asked = await run(["upload", "-r", "./twice", "--no-cache"]);
    expect({ code: asked.code, struck: sandbox.struck > 0 }).toEqual({ code: 4, struck: true });
    sandbox.clearFaults();

    // The size and the mtime are the same, but the ctime shows the change.
    const path = join(folder.path, "twice/a.png");
    const { atime, mtime } = await stat(path);
    const bytes = await readFile(path);
    bytes[bytes.length - 5] = (bytes.at(-5) ?? 0) ^ 0xff;
    await put(folder.path, "twice/a.png", bytes);
    await utimes(path, atime, mtime);
    const changed = await run(["upload", "-r", "./twice", "--json"]);
    expect(JSON.parse(changed.stdout)).toMatchObject({ already_there: 1, failed: 1 });
  });

  it("names files below the working directory relative to it, even if their names start with two dots", async () => {
    await put(folder.path, "..hero.png", await picture("png"));
    const { stderr } = await imgwire(["upload", "..hero.png"], env, "", folder.path);
    expect(stderr).toMatch(/^\.\.hero\.png: /);
  });

  it("says what would be uploaded with --dry-run and sends nothing [transfer.dry-run]", async () => {
    await put(folder.path, "dry/a.png", await picture("png"));
    await put(folder.path, "dry/fake.png", "not an image");
    const before = sandbox.struck;
    sandbox.fault({ origin: "mcp", times: 1_000, status: 503 });
    const { code, stdout, stderr } = await run(["upload", "-r", "./dry", "--dry-run"]);
    expect({ code, stdout, struck: sandbox.struck - before }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/^\S+a\.png: would be uploaded, \d+ bytes\n$/) as string,
      struck: 0
    });
    expect(stderr).toContain("fake.png");
    sandbox.clearFaults();
    await run(["upload", "-r", "./dry"]);
    const after = await run(["upload", "-r", "./dry", "--dry-run", "--json"]);
    expect(JSON.parse(after.stdout)).toMatchObject({
      would_upload: 0,
      unchanged: 1,
      failed: 1,
      files: [{ state: "unchanged", mime_type: "image/png" }, { error: { code: "not_an_image" } }]
    });
  });

  it("prints one working CDN URL per line, in the given order", async () => {
    const { code, stdout } = await run(["upload", "./a.png", "./docs", "--recursive"]);
    expect(code).toBe(0);
    const urls = lines(stdout);
    expect(urls).toHaveLength(3);
    const types = await Promise.all(urls.map(async (url) => (await fetch(url)).headers.get("content-type")));
    expect(types).toEqual(["image/png", "image/jpeg", "image/webp"]);
  });

  it("uploads the rest if some files fail, names those and exits with 1", async () => {
    const { code, stdout } = await run(["upload", "./a.png", "./fake.png", "./missing.png", "--json"]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      failed: 2,
      files: [{ state: "ready" }, { error: { code: "not_an_image" } }, { error: { code: "file_not_found" } }]
    });
  });

  it.each([
    { name: "a file that isn't an image", path: "./fake.png", code: 1, error: "not_an_image" },
    { name: "a file outside the roots", path: "/etc/passwd", code: 1, error: "outside_roots" },
    { name: "a folder without --recursive", path: "./docs", code: 2, error: "usage" }
  ])("reports $name with its own error, without contacting Imgwire", async ({ path, code, error }) => {
    const unreachable = { IMGWIRE_MCP_URL: "http://127.0.0.1:9/mcp" };
    const outcome = await run(["upload", path, "--json"], "", unreachable);
    expect({ code: outcome.code, ...JSON.parse(outcome.stdout) }).toMatchObject({
      code,
      error: { code: error }
    });
  });

  it("says so if a folder contains no image", async () => {
    await put(folder.path, "texts/readme.md", "# Nothing to see");
    const { code, stdout, stderr } = await run(["upload", "./texts", "--recursive"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`no image files in ${folder.path}/texts`);
  });

  it("has nothing to upload if the list on stdin is empty", async () => {
    expect(await run(["upload", "-"])).toMatchObject({ code: 0, stdout: "" });
    const { code, stdout } = await run(["upload", "-", "--json"]);
    expect({ code, ...JSON.parse(stdout) }).toEqual({
      code: 0,
      uploaded: 0,
      already_there: 0,
      failed: 0,
      files: []
    });
  });

  it("exits with 4 if Imgwire can't be reached", async () => {
    const unreachable = { IMGWIRE_MCP_URL: "http://127.0.0.1:9/mcp" };
    expect((await run(["upload", "./a.png"], "", unreachable)).code).toBe(4);
    expect((await run(["upload", "./a.png", "./docs/b.jpg"], "", unreachable)).code).toBe(4);
  });

  it("names a file relative to the working directory even in a folder whose name starts with two dots", async () => {
    const path = await put(folder.path, "..x/gif.gif", await picture("gif"));
    const roots = { ...env, IMGWIRE_UPLOAD_ROOTS: join(folder.path, "..x") };
    const { stderr } = await imgwire(["upload", path], roots, "", folder.path);
    expect(stderr).toMatch(/^\.\.x[/\\]gif\.gif: uploaded/m);
  });

  it("accepts paths on stdin, a purpose, metadata and a preset", async () => {
    const args = ["upload", "-", "--purpose", "docs", "--metadata", "page=1", "--preset", "small", "--json"];
    const { stdout } = await run(args, `${folder.path}/a.png\n${folder.path}/docs/b.jpg\n`);
    const { files } = JSON.parse(stdout) as { files: { image_id: string; url: string }[] };
    expect(files.map(({ url }) => url)).toEqual([
      expect.stringMatching(/@small$/) as string,
      expect.stringMatching(/@small$/) as string
    ]);
    expect(sandbox.store.image(files[0]?.image_id ?? "")).toMatchObject({
      purpose: "docs",
      custom_metadata: { page: "1" }
    });
  });

  it("reports an image without a preset URL while other uploads are still running", async () => {
    await put(folder.path, "first.tiff", await picture("tiff"));
    await put(folder.path, "second.avif", await picture("avif"));
    sandbox.withdrawTools(["get_image_url"]);
    sandbox.fault({ origin: "storage", method: "PUT", status: 503 });
    const args = ["./first.tiff", "./fake.png", "./second.avif", "--preset", "small", "--json"];
    const { code, stdout, stderr } = await run(["upload", ...args]);
    sandbox.withdrawTools([]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.not.stringContaining("    at ") as string });
    const refused = { state: "failed", error: { message: expect.stringContaining("preset") as string } };
    expect(JSON.parse(stdout)).toMatchObject({
      uploaded: 0,
      failed: 3,
      files: [refused, { error: { code: "not_an_image" } }, refused]
    });
  });

  it("shows neither the upload URL nor the token in debug output", async () => {
    await put(folder.path, "secret.png", await picture("gif"));
    sandbox.fault({ origin: "storage", method: "PUT", status: 503 });
    const { stdout, stderr } = await run(["upload", "./secret.png", "--log-level", "debug"]);
    expect(stdout + stderr).not.toMatch(/X-Amz-Signature=(?!\[redacted)/i);
    expect(stdout + stderr).not.toContain(env["IMGWIRE_ACCESS_TOKEN"]);
  });

  it("ends by the signal of Ctrl-C while an upload hangs", async () => {
    await put(folder.path, "large.png", await largePng(20 * 1024 * 1024));
    const { struck } = sandbox;
    sandbox.fault({ origin: "storage", method: "PUT", kind: "hang" });
    const child = spawn(process.execPath, [bin("imgwire"), "upload", join(folder.path, "large.png")], {
      env
    });
    await expect.poll(() => sandbox.struck, { timeout: 10_000 }).toBeGreaterThan(struck);
    child.kill("SIGINT");
    await once(child, "exit");
    expect(child.signalCode).toBe("SIGINT");
  });
});

describe("pipelines", () => {
  it("pipes the output of upload into url", async () => {
    const uploaded = await run(["upload", "./a.png", "./docs/b.jpg"]);
    const args = [
      "url",
      "--preset",
      "medium",
      "--width",
      "10",
      "--format",
      "webp",
      "--set",
      "grayscale=true"
    ];
    const { code, stdout } = await run(args, uploaded.stdout);
    expect(code).toBe(0);
    for (const url of lines(stdout)) {
      expect(url).toMatch(/@medium\?width=10&format=webp&grayscale=true$/);
      expect((await fetch(url)).headers.get("content-type")).toBe("image/webp");
    }
  });

  it("pipes the output of upload --json into download", async () => {
    const uploaded = await run(["upload", "./a.png", "./docs/b.jpg", "--json"]);
    const { code, stdout } = await run(["download", "--output", "./out"], uploaded.stdout);
    expect({ code, names: await readdir(join(folder.path, "out")) }).toEqual({
      code: 0,
      names: ["a.png", "b.jpg"]
    });
    expect(lines(stdout)).toEqual([join(folder.path, "out/a.png"), join(folder.path, "out/b.jpg")]);
    expect(await readFile(join(folder.path, "out/a.png"))).toEqual(
      await readFile(join(folder.path, "a.png"))
    );
  });

  it("downloads to a file and to stdout, and overwrites only when told to", async () => {
    const { stdout: url } = await run(["upload", "./a.png"]);
    const original = await readFile(join(folder.path, "a.png"));

    expect((await run(["download", url.trim(), "-o", "./one/x.png"])).code).toBe(0);
    expect(await readFile(join(folder.path, "one/x.png"))).toEqual(original);
    expect((await run(["download", url.trim(), "-o", "./one/x.png"])).code).toBe(1);
    expect((await run(["download", url.trim(), "-o", "./one/x.png", "--overwrite"])).code).toBe(0);

    const child = spawn(process.execPath, [bin("imgwire"), "download", url.trim(), "-o", "-"], { env });
    const bytes = await buffer(child.stdout);
    expect(bytes).toEqual(original);
  });

  it("keeps existing files and saves the rest with download --skip-existing [transfer.skip-existing]", async () => {
    const { stdout } = await run(["upload", "./a.png", "./docs/b.jpg"]);
    await put(folder.path, "kept/a.png", "mine");
    const { code, stdout: saved } = await run(["download", "-o", "./kept", "--skip-existing"], stdout);
    expect({ code, saved: lines(saved) }).toEqual({ code: 0, saved: [join(folder.path, "kept/b.jpg")] });
    expect(await readFile(join(folder.path, "kept/a.png"), "utf8")).toBe("mine");
    const again = await run(["download", "-o", "./kept", "--skip-existing", "--json"], stdout);
    expect({ code: again.code, ...JSON.parse(again.stdout) }).toMatchObject({ code: 0, files: [] });
  });

  it.runIf(CAN_MOUNT).each([
    { disk: "full", options: "size=4k", why: "no space left" },
    { disk: "read-only", options: "ro", why: "read-only" }
  ])("reports a $disk disk immediately in download [transfer.disk]", async ({ options, why }) => {
    const { stdout: url } = await run(["upload", "./a.png"]);
    const command = `mount -t tmpfs -o ${options} none "$0" && exec "$@"`;
    const mount = ["-m", ...(process.getuid?.() === 0 ? [] : ["-r"]), "sh", "-c", command, folder.path];
    const program = [process.execPath, bin("imgwire"), "download", url.trim(), "-o", folder.path, "--json"];
    const child = spawn("unshare", [...mount, ...program], {
      env: { ...env, IMGWIRE_CONFIG_DIR: "/tmp/imgwire-none" }
    });
    const [out] = await Promise.all([text(child.stdout), once(child, "exit")]);
    expect({ code: child.exitCode, ...JSON.parse(out) }).toMatchObject({
      code: 1,
      error: { code: "file_unwritable", message: expect.stringContaining(why) as string }
    });
  });

  it.each(["url", "download"])("requires an image for %s", async (command) => {
    const { code, stderr } = await run([command]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("pipe") as string });
  });
});

describe("on a terminal", () => {
  it.runIf(process.platform === "linux")(
    "shows a progress bar on stderr and only URLs on stdout on a terminal",
    async () => {
      const command = `${process.execPath} ${bin("imgwire")} upload ${join(folder.path, "a.png")} ${join(folder.path, "docs/b.jpg")} --purpose bar > ${join(folder.path, "urls")}`;
      const child = spawn("script", ["-qec", command, "/dev/null"], { env: { ...env, TERM: "xterm" } });
      const [shown] = await Promise.all([text(child.stdout), once(child, "exit")]);
      expect(shown).toContain("of 2 files");
      // eslint-disable-next-line no-control-regex -- the bar is removed by an escape sequence
      expect(shown).toMatch(/\u001b\[K2 uploaded \([\d.]+ \w+ sent in [\d.]+ s\)\s*$/);
      expect(lines(await readFile(join(folder.path, "urls"), "utf8"))).toHaveLength(2);
    }
  );
});
