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

/** Runs a command on a terminal of this width. @returns the lines shown */
async function screen(columns: number, args: string, more: Record<string, string> = {}): Promise<string[]> {
  const command = `stty cols ${columns}; '${process.execPath}' '${bin("imgwire")}' ${args}`;
  const child = spawn("script", ["-qec", command, "/dev/null"], {
    env: { ...env, TERM: "xterm", NO_COLOR: "1", ...more }
  });
  const [shown] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return shown.split(/\r?\n/).filter((line) => line !== "");
}

describe("a command for each hosted tool", () => {
  it("prints tab-separated records with list in a pipe, which url accepts", async () => {
    const { code, stdout } = await imgwire(["list"], env);
    expect(code).toBe(0);
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t"));
    expect(rows.map(([name]) => name).sort()).toEqual(["a.png", "b.jpg"]);
    const sizes = (await json("list", "--json", "original_filename,size_bytes")) as Record<string, unknown>[];
    expect(rows.map(([, size]) => Number(size))).toEqual(sizes.map((image) => image["size_bytes"]));
    const urls = await imgwire(["url", "--preset", "small"], env, stdout);
    expect(urls.stdout.trim().split("\n")).toEqual(rows.map((row) => `${row.at(-1)}@small`));
  });

  it("fetches every page with list --all", async () => {
    expect(await json("list", "--limit", "1", "--json")).toMatchObject({ total: 2, images: [{}] });
    const { images } = (await json("list", "--all", "--json")) as { images: unknown[] };
    expect(images).toHaveLength(2);
  });

  it("list says that a page is past the last one, and how many images there are", async () => {
    const { code, stdout, stderr } = await imgwire(["list", "--page", "9"], env);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "",
      stderr: "There is nothing on page 9: you have 2 images.\n"
    });
  });

  it.each([
    { args: ["show", "nosuch"], code: 1, says: "`imgwire list`" },
    { args: ["open", "settings"], code: 2, says: "Pages: dashboard, connections, keys." },
    { args: ["keys", "create", " "], code: 2, says: "needs a name" },
    { args: ["metrics", "--tz", "Nowhere/Land"], code: 2, says: "Europe/Oslo" },
    { args: ["metrics", "--since", "2999-01-01"], code: 2, says: "in the past" }
  ])("says what to do for $args [cli.wrong-operands]", async ({ args, code, says }) => {
    const outcome = await imgwire(args, env);
    expect(outcome).toMatchObject({ code, stdout: "" });
    expect(outcome.stderr).toContain(says);
  });

  it("accepts a CDN URL in show and prints the URLs of the presets", async () => {
    const [image] = (await json("list", "--json=id,cdn_url")) as { id: string; cdn_url: string }[];
    expect(await json("show", image!.cdn_url, "--json")).toMatchObject({
      id: image!.id,
      urls: { thumbnail: `${image!.cdn_url}@thumbnail` }
    });
  });

  it("prints the URL with open if no browser can be opened", async () => {
    expect(await json("open", "keys", "--json")).toEqual({
      url: `${sandbox.dashboardUrl}api-keys`,
      opened: false
    });
    expect(await json("open", "dashboard", "--json")).toEqual({ url: sandbox.dashboardUrl, opened: false });
  });

  it("prints only the publishable key with keys create, and says what it is", async () => {
    const { stdout, stderr } = await imgwire(["keys", "create", "web"], env);
    expect(stdout).toMatch(/^\S+\n$/);
    expect(stderr).toContain("publishable");
    expect((await imgwire(["keys", "server"], env)).stdout).toBe(`${sandbox.dashboardUrl}api-keys\n`);
  });

  it("refuses anything but web addresses in import", async () => {
    const { code, stderr } = await imgwire(["import", "file:///etc/passwd"], env);
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("isn't an http") as string
    });
  });

  it("prints the plain numbers with metrics in a pipe", async () => {
    const { datasets } = (await json("metrics", "--interval", "daily", "--json")) as {
      datasets: Record<string, Record<string, unknown>[]>;
    };
    const { stdout } = await imgwire(["metrics", "--interval", "daily"], env);
    const uploads = stdout.split("\n").filter((line) => line.startsWith("uploads\t"));
    expect(uploads.map((line) => Number(line.split("\t")[2]))).toEqual(
      datasets["uploads"]!.map((point) => point["uploads"])
    );
  });

  it("metrics --format csv and json hold the same numbers [cli.metrics-formats]", async () => {
    const args = ["metrics", "--interval", "daily", "--tz", "europe/oslo", "--format"];
    const rows = (await json(...args, "json")) as { series: string; at: string; value: number | null }[];
    expect(rows.some(({ series, value }) => series === "uploads" && value === 2)).toBe(true);
    const { stdout } = await imgwire([...args, "csv"], env);
    expect(stdout.trim().split("\n")).toEqual([
      "series,at,value",
      ...rows.map(({ series, at, value }) => `${series},${at},${value ?? ""}`)
    ]);
  });

  it("prints used and limit with usage in a pipe and exits with 0", async () => {
    const { usage } = (await json("usage", "--json")) as {
      usage: Record<string, { used: number; limit: number }>;
    };
    const { code, stdout } = await imgwire(["usage"], env);
    expect(code).toBe(0);
    expect(stdout).toContain(`uploads\t${usage["uploads"]!.used}\t${usage["uploads"]!.limit}\t`);
  });

  it.each([40, 52, 80])("draws usage bars of equal length on a terminal with %i columns", async (columns) => {
    const bars = (await screen(columns, "usage")).flatMap((line) => /[█░]+/.exec(line) ?? []);
    expect(new Set(bars.map((bar) => bar.length)).size).toBeLessThan(2);
    if (columns > 40) expect(bars.length).toBeGreaterThan(1);
  });

  it.each([40, 80, 200])("prints no line wider than a terminal with %i columns", async (columns) => {
    for (const args of ["list", "usage", "metrics --interval daily"]) {
      const lines = await screen(columns, args);
      expect(lines.length).toBeGreaterThan(1);
      expect(lines.filter((line) => [...line].length > columns)).toEqual([]);
    }
  });
});

describe("output formats", () => {
  it("prints the named fields with --json, and lists the existing ones if a name is unknown", async () => {
    expect(await json("list", "--json", "status,mime_type")).toEqual(
      expect.arrayContaining([{ status: "READY", mime_type: "image/png" }])
    );
    const { code, stdout } = await imgwire(["list", "--json=nosuch"], env);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({
      code: 2,
      error: { code: "usage", hint: expect.stringContaining("cdn_url, ") as string }
    });
  });

  it("leaves an operand after --json alone", async () => {
    const outcome = await imgwire(["upload", "--json", join(folder.path, "a.png")], env);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ already_there: 1 });
  });

  it("prints a line for each record with --template", async () => {
    const { stdout } = await imgwire(["list", "--template", "{{.original_filename}}\\t{{.status}}"], env);
    expect(stdout.trim().split("\n").sort()).toEqual(["a.png\tREADY", "b.jpg\tREADY"]);
  });

  it.each([
    ['{{range .images}}{{.status}}{{"\\n"}}{{end}}', "READY\nREADY\n"],
    ["{{if .width}}{{.status}}{{else}}none{{end}}", "READY\nREADY\n"],
    ["{{range .images -}}\n  {{if .purpose}}{{.purpose}}{{else}}-{{end}} {{- end}}", "--\n"]
  ])("interprets --template %j as a Go template [cli.templates]", async (template, shown) => {
    expect((await imgwire(["list", "--template", template], env)).stdout).toBe(shown);
  });

  it.each(["{{range .images}}{{.id}}", "{{printf .id}}", "{{end}}", "{{.nosuch}}"])(
    "refuses --template %j and lists what is available [cli.templates]",
    async (template) => {
      const { code, stdout } = await imgwire(["list", "--template", template], env);
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({
        code: 2,
        error: { hint: expect.stringMatching(/\{\{range|cdn_url/) as string }
      });
    }
  );

  it("refuses an unknown field of upload before sending anything, and prints the fields of failures [cli.fields-first]", async () => {
    await put(folder.path, "new.webp", await picture("webp"));
    await put(folder.path, "fake.png", "no image");
    const before = ((await json("list", "--json")) as { total: number }).total;
    const file = join(folder.path, "new.webp");
    const refused = await imgwire(["upload", file, "--json", "cdn_url,nosuch"], env);
    expect({ code: refused.code, ...JSON.parse(refused.stdout) }).toMatchObject({
      code: 2,
      error: { hint: expect.stringContaining("image_id") as string }
    });
    expect(await json("list", "--json")).toMatchObject({ total: before });
    const fakes = [join(folder.path, "fake.png"), join(folder.path, "none.png")];
    const failed = await imgwire(["upload", ...fakes, "--json", "cdn_url,error"], env);
    expect({ code: failed.code, files: JSON.parse(failed.stdout) as unknown }).toMatchObject({
      code: 1,
      files: [{ error: { code: "not_an_image" } }, { error: { code: "file_not_found" } }]
    });
  });

  it("says that jq is missing with --jq", async () => {
    const { code, stdout } = await imgwire(["list", "--jq", ".images[].id"], {
      ...env,
      PATH: "/nonexistent"
    });
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 1, error: { code: "jq_missing" } });
  });

  it("includes the URLs with --format markdown and html", async () => {
    const args = ["upload", join(folder.path, "a.png"), "--format"];
    expect((await imgwire([...args, "markdown", "--alt", "A [sun]"], env)).stdout).toMatch(
      /^!\[A \\\[sun\\\]\]\(http:\S+\)\n$/
    );
    expect((await imgwire([...args, "html"], env)).stdout).toMatch(/^<img src="http:[^"]+" alt="a"/);
  });
});

describe("url", () => {
  it("includes the image's name and size in url --format markdown, html and picture [cli.url-snippets]", async () => {
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

it("copies the output with --copy, and says so if there is no clipboard [cli.copy]", async () => {
  const tool = join(folder.path, "xclip");
  await put(folder.path, "xclip", `#!/bin/sh\n[ "$*" = "-selection clipboard" ] && cat > '${tool}.text'\n`);
  await chmod(tool, 0o755);
  const args = ["list", "--format", "url", "--copy"];
  const there = await imgwire(args, { ...env, DISPLAY: ":0", PATH: `${folder.path}:${env["PATH"]}` });
  expect(there.stderr).toContain("Copied");
  expect(await readFile(`${tool}.text`, "utf8")).toBe(there.stdout.trimEnd());
  expect((await imgwire(args, env)).stderr).toContain("no clipboard");
  const none = await imgwire(args, { ...env, DISPLAY: ":0", PATH: "/nonexistent" });
  expect(none.stderr).toContain("Install xclip or xsel.");
  // Without a display, as over SSH, the terminal's clipboard is used.
  const shown = (await screen(80, "list --limit 1 --format url --copy")).join("\n");
  // eslint-disable-next-line no-control-regex -- OSC 52
  const [, base64 = ""] = /\u001b\]52;c;([^\u0007]+)\u0007/.exec(shown) ?? [];
  expect(Buffer.from(base64, "base64").toString()).toMatch(/^http:\/\/\S+$/);
  expect(shown).toContain("your terminal's clipboard");
});

describe("a snippet", () => {
  const image = { url: "https://cdn.example/i?width=9", name: '=1",x.png', width: 700, height: 350 };

  it("offers AVIF, WebP and a fallback in a picture element, none wider than the image", () => {
    const made = snippets([{ ...image, name: 'a"<b>.png' }], "picture", {});
    expect(made).toContain(
      '<source type="image/avif" srcset="https://cdn.example/i?width=320&amp;format=avif 320w, '
    );
    expect(made).toContain("width=700&amp;format=webp 700w");
    expect(made).not.toContain("960w");
    expect(made).toContain('alt="a&quot;&lt;b&gt;" width="700" height="350">');
  });

  it("quotes CSV fields and disarms formulas", () => {
    expect(snippets([image], "csv", {}).split("\n")[1]).toBe(
      `"'=1"",x.png",https://cdn.example/i?width=9,700,350`
    );
  });
});

it.runIf(PARTS.jq.path)("runs jq without the secrets in this program's environment", async () => {
  const given = { ...env, DEPLOY_TOKEN: "CANARY-token", COLOUR: "green" };
  const { stdout } = await imgwire(["list", "--jq", "[env.DEPLOY_TOKEN, env.COLOUR] | tostring"], given);
  expect(stdout).toBe('[null,"green"]\n');
});

it.runIf(PARTS.jq.path)("filters the output with the installed jq", async () => {
  const { stdout } = await imgwire(["list", "--jq", ".images | length"], env);
  expect(stdout).toBe("2\n");
});
