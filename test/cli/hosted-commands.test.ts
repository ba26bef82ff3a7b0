import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { snippets } from "../../src/cli/ui/snippet.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { PARTS } from "../support/parts.ts";
import { bin, imgwire } from "../support/program.ts";
import { type SignedIn, startSignedIn } from "../support/signed-in.ts";
import { picture, put } from "../transfer/samples.ts";

let sandbox: Sandbox;
let env: Record<string, string>;
let folder: SignedIn["folder"];

beforeAll(async () => {
  ({ sandbox, folder, env } = await startSignedIn({ BROWSER: "none" }));
  await put(folder.path, "a.png", await picture("png"));
  await put(folder.path, "b.jpg", await picture("jpeg"));
  expect((await imgwire(["upload", join(folder.path, "a.png"), join(folder.path, "b.jpg")], env)).code).toBe(
    0
  );
});
afterAll(async () => {
  await sandbox.close();
  await folder.remove();
});

async function json(...args: string[]): Promise<unknown> {
  const { stdout } = await imgwire(args, env);
  return JSON.parse(stdout) as unknown;
}

/** The screen of a command on a terminal that many columns wide. */
async function screen(columns: number, args: string, more: Record<string, string> = {}): Promise<string[]> {
  const command = `stty cols ${columns}; '${process.execPath}' '${bin("imgwire")}' ${args}`;
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    env: { ...env, TERM: "xterm", NO_COLOR: "1", ...more }
  });
  const [shown] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return shown.split(/\r?\n/).filter((line) => line !== "");
}

describe("a command for each hosted tool", () => {
  it("list prints tab-separated records in a pipe, which url takes", async () => {
    const { code, stdout } = await imgwire(["list"], env);
    expect(code).toBe(0);
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(rows.map(([name]) => name).sort()).toEqual(["a.png", "b.jpg"]);
    const urls = await imgwire(["url", "--preset", "small"], env, stdout);
    expect(urls.stdout.trim().split("\n")).toEqual(rows.map((row) => `${row.at(-1)}@small`));
  });

  it("list --all goes through every page", async () => {
    expect(await json("list", "--limit", "1", "--json")).toMatchObject({ total: 2, images: [{}] });
    const { images } = (await json("list", "--all", "--json")) as { images: unknown[] };
    expect(images).toHaveLength(2);
  });

  it("show takes a CDN URL and names the presets' URLs", async () => {
    const [image] = (await json("list", "--json=id,cdn_url")) as { id: string; cdn_url: string }[];
    expect(await json("show", image!.cdn_url, "--json")).toMatchObject({
      id: image!.id,
      urls: { thumbnail: `${image!.cdn_url}@thumbnail` }
    });
  });

  it("open prints the URL where no browser can be opened", async () => {
    expect(await json("open", "keys", "--json")).toEqual({
      url: `${sandbox.dashboardUrl}api-keys`,
      opened: false
    });
    expect(await json("open", "dashboard", "--json")).toEqual({ url: sandbox.dashboardUrl, opened: false });
  });

  it("keys create prints a publishable key alone, and says so", async () => {
    const { stdout, stderr } = await imgwire(["keys", "create", "web"], env);
    expect(stdout).toMatch(/^\S+\n$/);
    expect(stderr).toContain("publishable");
    expect((await imgwire(["keys", "server"], env)).stdout).toBe(`${sandbox.dashboardUrl}api-keys\n`);
  });

  it("import refuses what is no web address", async () => {
    const { code, stderr } = await imgwire(["import", "file:///etc/passwd"], env);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("isn't an http") as string
    });
  });

  it("metrics prints the very numbers in a pipe", async () => {
    const { datasets } = (await json("metrics", "--interval", "daily", "--json")) as {
      datasets: Record<string, Record<string, unknown>[]>;
    };
    const { stdout } = await imgwire(["metrics", "--interval", "daily"], env);
    const uploads = stdout.split("\n").filter((line) => line.startsWith("uploads\t"));
    expect(uploads.map((line) => Number(line.split("\t")[2]))).toEqual(
      datasets["uploads"]!.map((point) => point["uploads"])
    );
  });

  it("usage exits 0 and prints used and limit in a pipe", async () => {
    const { usage } = (await json("usage", "--json")) as {
      usage: Record<string, { used: number; limit: number }>;
    };
    const { code, stdout } = await imgwire(["usage"], env);
    expect(code).toBe(0);
    expect(stdout).toContain(`uploads\t${usage["uploads"]!.used}\t${usage["uploads"]!.limit}\t`);
  });

  it.each([40, 52, 80])("usage draws bars of one length on a terminal of %i columns", async (columns) => {
    const bars = (await screen(columns, "usage")).flatMap((line) => /[█░]+/.exec(line) ?? []);
    expect(new Set(bars.map((bar) => bar.length)).size).toBeLessThan(2);
    if (columns > 40) expect(bars.length).toBeGreaterThan(1);
  });

  it.each([40, 80, 200])("no line is wider than a terminal of %i columns", async (columns) => {
    for (const args of ["list", "usage", "metrics --interval daily"]) {
      const lines = await screen(columns, args);
      expect(lines.length).toBeGreaterThan(1);
      expect(lines.filter((line) => [...line].length > columns)).toEqual([]);
    }
  });
});

describe("what is printed", () => {
  it("--json with names gives these fields, and lists those there are for one there isn't", async () => {
    expect(await json("list", "--json", "status,mime_type")).toEqual(
      expect.arrayContaining([{ status: "READY", mime_type: "image/png" }])
    );
    const { code, stdout } = await imgwire(["list", "--json=nosuch"], env);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 2,
      error: { code: "usage", hint: expect.stringContaining("cdn_url, ") as string }
    });
  });

  it("--json before an operand leaves the operand alone", async () => {
    const outcome = await imgwire(["upload", "--json", join(folder.path, "a.png")], env);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ already_there: 1 });
  });

  it("--template prints a line for each record", async () => {
    const { stdout } = await imgwire(["list", "--template", "{{.original_filename}}\\t{{.status}}"], env);
    expect(stdout.trim().split("\n").sort()).toEqual(["a.png\tREADY", "b.jpg\tREADY"]);
  });

  it("--jq says what is missing where there is no jq", async () => {
    const { code, stdout } = await imgwire(["list", "--jq", ".images[].id"], {
      ...env,
      PATH: "/nonexistent"
    });
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 1, error: { code: "jq_missing" } });
  });

  it("--format markdown and html hold the URLs", async () => {
    const args = ["upload", join(folder.path, "a.png"), "--format"];
    expect((await imgwire([...args, "markdown", "--alt", "A [sun]"], env)).stdout).toMatch(
      /^!\[A \\\[sun\\\]\]\(http:\S+\)\n$/
    );
    expect((await imgwire([...args, "html"], env)).stdout).toMatch(/^<img src="http:[^"]+" alt="a"/);
  });
});

describe("url", () => {
  it("--format markdown, html and picture know the image's name and size [cli.url-snippets]", async () => {
    const [image] = (await json("list", "--json=id,cdn_url,width,height,original_filename")) as {
      id: string;
      cdn_url: string;
      width: number;
      height: number;
      original_filename: string;
    }[];
    const { id, cdn_url: url, width, height, original_filename: name } = image!;
    const print = async (...args: string[]): Promise<string> =>
      (await imgwire(["url", id, ...args], env)).stdout;
    const alt = name.replace(/\.\w+$/, "");
    expect(await print("--format", "markdown", "--width", "20")).toBe(`![${alt}](${url}?width=20)\n`);
    expect(await print("--format", "html", "--alt", "x")).toBe(
      `<img src="${url}" alt="x" width="${width}" height="${height}">\n`
    );
    expect(await print("--format", "picture")).toMatch(/type="image\/avif"[^]*type="image\/webp"[^]*<img /);
    expect(await print("--format", "webp")).toBe(`${url}?format=webp\n`);
  });
});

it("--copy puts what is printed on the clipboard, and says where there is none [cli.copy]", async () => {
  const tool = join(folder.path, "xclip");
  await put(folder.path, "xclip", `#!/bin/sh\n[ "$*" = "-selection clipboard" ] && cat > '${tool}.text'\n`);
  await chmod(tool, 0o755);
  const args = ["list", "--format", "url", "--copy"];
  const there = await imgwire(args, { ...env, DISPLAY: ":0", PATH: `${folder.path}:${env["PATH"]}` });
  expect(there.stderr).toContain("Copied");
  expect(await readFile(`${tool}.text`, "utf8")).toBe(there.stdout.trimEnd());
  expect((await imgwire(args, env)).stderr).toContain("no clipboard");
});

describe("a snippet", () => {
  const image = { url: "https://cdn.example/i?width=9", name: '=1",x.png', width: 700, height: 350 };

  it("as a picture offers AVIF, WebP and a fallback, none wider than the image", () => {
    const made = snippets([{ ...image, name: 'a"<b>.png' }], "picture", {});
    expect(made).toContain(
      '<source type="image/avif" srcset="https://cdn.example/i?width=320&amp;format=avif 320w, '
    );
    expect(made).toContain("width=700&amp;format=webp 700w");
    expect(made).not.toContain("960w");
    expect(made).toContain('alt="a&quot;&lt;b&gt;" width="700" height="350">');
  });

  it("as CSV quotes, and is no formula", () => {
    expect(snippets([image], "csv", {}).split("\n")[1]).toBe(
      `"'=1"",x.png",https://cdn.example/i?width=9,700,350`
    );
  });
});

it.runIf(PARTS.jq.path)("the jq of this machine filters, where there is one", async () => {
  const { stdout } = await imgwire(["list", "--jq", ".images | length"], env);
  expect(stdout).toBe("2\n");
});
