import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { text } from "node:stream/consumers";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { baseEnv, bin, type Outcome } from "../support/program.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { signIn } from "../../sandbox/client/oauth.ts";
import { removeFolder } from "../support/folder.ts";

let sandbox: Sandbox;
let env: Record<string, string>;
let home: string;
let project: string;

beforeAll(async () => {
  sandbox = await startSandbox({ autoApprove: true });
  home = realpathSync(mkdtempSync(join(tmpdir(), "imgwire-home-")));
  const { accessToken } = await signIn(sandbox);
  env = baseEnv({
    IMGWIRE_MCP_URL: sandbox.mcpUrl,
    IMGWIRE_ACCESS_TOKEN: accessToken,
    IMGWIRE_CONFIG_DIR: home
  });
});

afterAll(async () => {
  await sandbox.close();
  await removeFolder(home);
});

beforeEach(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), "imgwire-publish-")));
});

afterEach(() => removeFolder(project));

interface Report {
  documents: { path: string; changed: boolean; diff?: string }[];
  images: { path: string; state: string; image_id?: string; cdn_url?: string }[];
  problems: { code: string }[];
}

interface Lock {
  images: Record<string, { cdn_url: string; image_id: string; sha256: string }>;
}

/** Starts `imgwire publish` in the project's folder. */
function start(args: string[], extra: Record<string, string> = {}) {
  const options = { cwd: project, env: { ...env, ...extra } };
  return spawn(process.execPath, [bin("imgwire"), "publish", ...args], options);
}

/** Runs `imgwire publish` to its end. */
async function publish(args: string[], extra?: Record<string, string>): Promise<Outcome> {
  const child = start(args, extra);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, stdout, stderr };
}

/** Writes a file of the project. */
function put(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(project, name)), { recursive: true });
  writeFileSync(join(project, name), content);
}

/** A real image, different for each number. */
function picture(number: number): Promise<Buffer> {
  const background = { r: number % 256, g: 90, b: 20 };
  return sharp({ create: { width: 16, height: 12, channels: 3, background } })
    .png()
    .toBuffer();
}

function json({ stdout }: Outcome): Report {
  return JSON.parse(stdout) as Report;
}

function lock(): Lock {
  return JSON.parse(readFileSync(join(project, "imgwire.lock.json"), "utf8")) as Lock;
}

/** The content of every file in the project except the lock file, by its path with `/`. */
function contents(): Map<string, string> {
  const files = readdirSync(project, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile()
  );
  const named = files.map((file): [string, string] => {
    const path = join(file.parentPath, file.name);
    return [path.slice(project.length + 1).replaceAll("\\", "/"), readFileSync(path, "latin1")];
  });
  return new Map(named.filter(([path]) => path !== "imgwire.lock.json").sort());
}

/** The number of calls of hosted tools so far. */
function calls(): number {
  return Object.values(sandbox.stats.mcp.tools).reduce((sum, count) => sum + count, 0);
}

/** Folders of documents from npm packages, with the number of references and of local images in them. */
const TREES = [
  { name: "leaflet.markercluster", folder: ".", documents: 37, references: 1, images: 1 },
  { name: "exif-js", folder: ".", documents: 5, references: 6, images: 4 },
  { name: "jquery-jcrop", folder: "demos", documents: 7, references: 7, images: 1 }
];

describe.each(TREES)("the documents of $name", ({ name, folder, documents, references, images }) => {
  beforeEach(() => {
    const from = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    cpSync(join(from, folder), project, { recursive: true });
  });

  test("changes nothing in published documents but the references, which all resolve at the CDN", async () => {
    const before = contents();
    const report = json(await publish([".", "--json"]));
    expect(report.problems).toEqual([]);
    expect(report.documents).toHaveLength(documents);
    expect(report.images.map(({ state }) => state)).toEqual(Array(images).fill("uploaded"));

    const published = Object.entries(lock().images);
    const after = contents();
    let found = 0;
    for (const [path, text] of after) {
      const restored = published.reduce((all, [image, { cdn_url: url }]) => {
        found += all.split(url).length - 1;
        return all.replaceAll(url, posix.relative(posix.dirname(path), image));
      }, text);
      expect(restored, path).toBe(before.get(path));
    }
    expect([...after.keys()]).toEqual([...before.keys()]);
    expect(found).toBe(references);

    for (const { cdn_url: url, image_id: id, sha256 } of published.map(([, entry]) => entry)) {
      const response = await fetch(url);
      expect(response.status, url).toBe(200);
      expect(response.headers.get("content-type")).toMatch(/^image\//);
      expect(sandbox.store.object(id)?.sha256).toBe(sha256);
    }
  });

  test("changes and uploads nothing in a second run", async () => {
    await publish(["."]);
    const [documentsBefore, lockBefore, requests] = [contents(), lock(), calls()];
    const second = await publish([".", "--json"]);
    expect(second.code).toBe(0);
    expect(json(second).images.every(({ state }) => state === "unchanged")).toBe(true);
    expect([contents(), lock(), calls()]).toEqual([documentsBefore, lockBefore, requests]);
  });

  test("exits with 1 before and 0 after publishing with --check, and changes and sends nothing", async () => {
    const [before, requests] = [contents(), calls()];
    expect((await publish([".", "--check"])).code).toBe(1);
    expect([contents(), calls()]).toEqual([before, requests]);
    expect((await publish(["."])).code).toBe(0);
    expect((await publish([".", "--check"])).code).toBe(0);
    expect(await publish([".", "--dry-run"])).toMatchObject({ code: 0, stdout: "" });
  });

  test("shows an applicable diff with --dry-run, and changes and sends nothing", async () => {
    const [before, requests] = [contents(), calls()];
    const { stdout, code } = await publish([".", "--dry-run"]);
    expect(code).toBe(0);
    expect([contents(), calls()]).toEqual([before, requests]);
    expect(stdout.match(/^\+[^+].*not-uploaded-yet\.invalid/gm)).toHaveLength(references);
    execFileSync("git", ["apply", "-"], { cwd: project, input: stdout });
    expect([...contents().values()].join("").match(/not-uploaded-yet\.invalid/g)).toHaveLength(references);
  });
});

describe("a reference that must not be published", () => {
  const rows: [string, string, number, string][] = [
    ["an image that does not exist", "missing.png", 1, "missing"],
    ["an SVG, which Imgwire doesn't support", "logo.svg", 0, "not_an_image"],
    ["a key named like an image", "key.png", 0, "not_an_image"],
    ["a file outside the project", "../outside.png", 1, "outside"],
    ["a symbolic link to a file outside the project", "link.png", 1, "outside"],
    ["a dot-folder", ".secret/a.png", 1, "outside_roots"],
    ["a folder", "folder", 1, "not_a_file"],
    ["an empty file", "empty.png", 1, "file_empty"]
  ];
  test.each(rows)("doesn't publish a reference to: %s", async (_, url, code, problem) => {
    const outside = join(dirname(project), "outside.png");
    writeFileSync(outside, await picture(1));
    symlinkSync(outside, join(project, "link.png"));
    put(".secret/a.png", await picture(2));
    put("folder/x", "");
    put("empty.png", "");
    put("logo.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>");
    put("key.png", "-----BEGIN PRIVATE KEY-----\nCANARY\n");
    put("x.md", `![a](${url})\n`);
    const before = calls();
    const outcome = await publish(["x.md", "--json"]);
    expect(outcome.code).toBe(code);
    expect(json(outcome).problems).toMatchObject([
      { document: "x.md", line: 1, column: 6, url, code: problem }
    ]);
    expect(readFileSync(join(project, "x.md"), "utf8")).toBe(`![a](${url})\n`);
    expect(calls()).toBe(before);
    rmSync(outside);
  });
});

describe("the command", () => {
  test("reports where a problem is and publishes the rest", async () => {
    put("docs/x.md", "# T\n\n![a](a.png) ![b](b.png)\n![c](/.github/c.png)\n");
    put("docs/a.png", await picture(1));
    put(".github/c.png", await picture(2));
    const { code, stdout, stderr } = await publish(["docs/x.md"]);
    expect(code).toBe(1);
    expect(stdout).toBe("docs/x.md: updated\nUpdated 1 document. 2 images uploaded, 1 image missing.\n");
    expect(stderr).toContain("docs/x.md:3:18: b.png: image not found: docs/b.png");
    expect((await publish(["docs/x.md", "--allow-missing"])).code).toBe(0);
  });

  test("uploads a changed image again and updates its URL everywhere", async () => {
    put("x.md", "![a](a.png)\n");
    put("y.html", "<img src=a.png#f>\n");
    put("a.png", await picture(1));
    await publish(["."]);
    const old = lock().images["a.png"]?.cdn_url ?? "";
    put("a.png", await picture(2));
    expect((await publish([".", "--check"])).code).toBe(1);
    expect((await publish(["x.md"])).code).toBe(0);
    expect((await publish(["y.html"])).code).toBe(0);
    const url = lock().images["a.png"]?.cdn_url ?? "";
    expect(url).not.toBe(old);
    expect(contents().get("x.md")).toBe(`![a](${url})\n`);
    expect(contents().get("y.html")).toBe(`<img src=${url}#f>\n`);
  });

  test("reports images that contain a location, unless it is removed [transfer.position-told]", async () => {
    const IFD3 = { GPSLatitudeRef: "N", GPSLatitude: "52/1 31/1 0/1" };
    const { data } = await sharp(await picture(1))
      .jpeg()
      .withExif({ IFD3 })
      .toBuffer({ resolveWithObject: true });
    put("x.md", "![a](a.jpg)\n");
    put("a.jpg", data);
    const told = "a.jpg contains the location where it was taken";
    expect((await publish([".", "--dry-run"])).stderr).toContain(told);
    expect((await publish([".", "--dry-run", "--strip-metadata"])).stderr).not.toContain(told);
    expect((await publish([".", "--strip-metadata"])).code).toBe(0);
    const published = await fetch(lock().images["a.jpg"]?.cdn_url ?? "");
    expect((await sharp(await published.arrayBuffer()).metadata()).exif).toBeUndefined();
    expect((await publish([".", "--check"], { IMGWIRE_STRIP_METADATA: "1" })).code).toBe(0);
    expect(readFileSync(join(project, "a.jpg")).equals(data)).toBe(true);
  });

  test("reads options from the project's file and refuses unknown ones [documents.project-section]", async () => {
    put("docs/x.md", "![a](@img/a.png) ![b](/b.png)\n");
    put("docs/skipped.md", "![a](gone.png)\n");
    put("pictures/a.png", await picture(1));
    put("assets/b.png", await picture(2));
    const section = {
      exclude: ["skipped.md"],
      roots: ["assets"],
      aliases: { "@img": "pictures" },
      width: 300
    };
    put(".git/HEAD", "");
    put(".imgwire.json", JSON.stringify({ publish: section }));
    const { code, stderr } = await publish(["docs"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const urls = ["pictures/a.png", "assets/b.png"].map(
      (name) => `${lock().images[name]?.cdn_url ?? ""}?width=300`
    );
    expect(contents().get("docs/x.md")).toBe(`![a](${urls[0] ?? ""}) ![b](${urls[1] ?? ""})\n`);
    for (const wrong of [
      { colour: 1 },
      { width: "wide" },
      { roots: ["../.."] },
      { aliases: { "@": "/etc" } }
    ]) {
      put(".imgwire.json", JSON.stringify({ publish: wrong }));
      expect((await publish(["docs"])).code).toBe(2);
    }
  });

  test("follows the project's file for front matter fields, widths and metadata [documents.project-section]", async () => {
    const page = '<img src="a.png">\n';
    const post = "---\nlogo: a.png\ngallery:\n  - picture: b.jpg\nother: a.png\n---\n";
    put("x.html", page);
    put("x.md", post);
    put("a.png", await picture(1));
    const exif = { IFD3: { GPSLatitudeRef: "N", GPSLatitude: "52/1 31/1 0/1" } };
    put(
      "b.jpg",
      await sharp(await picture(2))
        .jpeg()
        .withExif(exif)
        .toBuffer()
    );
    put(".git/HEAD", "");
    const section = { frontMatter: ["logo", "picture"], srcset: [480, 960], stripMetadata: true };
    put(".imgwire.json", JSON.stringify({ publish: section }));
    const { code, stderr } = await publish(["."]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.not.stringContaining("where it was taken") as string
    });
    const [a, b] = ["a.png", "b.jpg"].map((name) => lock().images[name]?.cdn_url ?? "");
    expect(contents().get("x.html")).toBe(
      `<img src="${a}" srcset="${a}?width=480 480w, ${a}?width=960 960w">\n`
    );
    expect(contents().get("x.md")).toBe(post.replace("logo: a.png", `logo: ${a}`).replace("b.jpg", b ?? ""));
    const published = await fetch(b ?? "");
    expect((await sharp(await published.arrayBuffer()).metadata()).exif).toBeUndefined();
    expect((await publish([".", "--check"])).code).toBe(0);
    expect((await publish([".", "--undo"])).code).toBe(0);
    expect([contents().get("x.html"), contents().get("x.md")]).toEqual([page, post]);
  });

  test("remembers uploads if it is interrupted", async () => {
    const names = Array.from({ length: 40 }, (_, index) => `${index}.png`);
    for (const [index, name] of names.entries()) put(name, await picture(index));
    const document = names.map((name) => `![a](${name})\n`).join("");
    put("x.md", document);
    const child = start(["x.md"]);
    const exited = once(child, "exit");
    child.stderr.once("data", () => child.kill("SIGINT")).resume();
    await exited;
    expect(child.signalCode).toBe("SIGINT");
    expect(contents().get("x.md")).toBe(document);
    const first = lock().images;
    expect(Object.keys(first).length).toBeLessThan(40);

    const second = json(await publish(["x.md", "--json"]));
    expect(lock().images).toMatchObject(first);
    const uploaded = second.images.filter(({ state }) => state === "uploaded");
    expect(uploaded).toHaveLength(40 - Object.keys(first).length);
    expect(new Set(Object.values(lock().images).map(({ image_id: id }) => id)).size).toBe(40);
    expect(
      contents()
        .get("x.md")
        ?.match(/^!\[a\]\(http.*\)$/gm)
    ).toHaveLength(40);
  });

  test("asks for a sign-in only if there is something to upload", async () => {
    put("x.md", "![a](a.png)\n");
    put("y.md", "![a](https://example.com/a.png)\n");
    put("a.png", await picture(1));
    const signedOut = { IMGWIRE_ACCESS_TOKEN: "", IMGWIRE_TOKEN_STORE: "memory" };
    const refused = await publish(["x.md", "--json"], signedOut);
    expect(refused.code).toBe(3);
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: "sign_in_needed" } });
    expect(contents().get("x.md")).toBe("![a](a.png)\n");
    expect((await publish(["y.md"], signedOut)).code).toBe(0);
  });

  test.each([
    ["no document", [], 2],
    ["an image in place of a document", ["a.png"], 2],
    ["a document that doesn't exist", ["missing.md"], 2],
    ["a --root that doesn't exist", ["x.md", "--root", "missing"], 2]
  ])("refuses to publish %s", async (_, args, code) => {
    put("a.png", await picture(1));
    put("x.md", "");
    const outcome = await publish([...args, "--json"]);
    expect(outcome.code).toBe(code);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ error: { code: "usage" } });
  });
});
