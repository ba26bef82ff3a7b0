import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { imgwire, ROOT } from "../support/program.ts";
import { type SignedIn, startSignedIn } from "../support/signed-in.ts";
import { picture, put } from "../transfer/samples.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const SKILL = join(ROOT, "skills/imgwire");
const FILES = readdirSync(SKILL, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".md"))
  .sort();

/** The code blocks of one language in all files of the skill, each with its file's name. */
function blocks(language: string): [file: string, code: string][] {
  return FILES.flatMap((file) =>
    Array.from(
      readFileSync(join(SKILL, file), "utf8").matchAll(
        new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, "gm")
      ),
      ([, code]): [string, string] => [file, code!.trim()]
    )
  );
}

let sandbox: Sandbox;
let folder: SignedIn["folder"];
let env: Record<string, string>;
/** The values of the placeholders in the examples. */
let known: Record<string, string>;

beforeAll(async () => {
  ({ sandbox, folder, env } = await startSignedIn({ BROWSER: "none" }));
  env["IMGWIRE_UPLOAD_ROOTS"] = folder.path;
  await put(folder.path, "docs/hero.png", await picture("png"));
  await put(folder.path, "README.md", Buffer.from("![hero](docs/hero.png)\n"));
  const uploaded = await run(["upload", "docs/hero.png", "--json"]);
  const [image] = (JSON.parse(uploaded.stdout) as { files: { image_id: string; cdn_url: string }[] }).files;
  const listed = JSON.parse((await run(["env", "list", "--json"])).stdout) as {
    environments: { name: string }[];
  };
  known = {
    IMAGE_ID: image!.image_id,
    CDN_URL: image!.cdn_url,
    ENVIRONMENT: listed.environments[0]!.name,
    "https://images.example.com/photo.jpg": image!.cdn_url
  };
});
afterAll(async () => {
  await sandbox.close();
  await folder.remove();
});

function run(args: string[]): ReturnType<typeof imgwire> {
  return imgwire(args, env, "", folder.path);
}

function filled(text: string): string {
  return Object.entries(known).reduce((result, [name, value]) => result.replaceAll(name, value), text);
}

describe("the examples in the skill", () => {
  it("contains calls, commands and URLs as examples in the skill", () => {
    expect(blocks("json").length).toBeGreaterThanOrEqual(10);
    expect(blocks("sh").length).toBeGreaterThanOrEqual(5);
    expect(blocks("url").length).toBeGreaterThanOrEqual(1);
  });

  it.each(blocks("json"))(
    "runs the example call in the skill's %s against the sandbox [release.skill-examples]: %s",
    async (_, code) => {
      const { tool, arguments: args } = JSON.parse(filled(code)) as { tool: string; arguments: object };
      const outcome = await run(["call", tool, "--args", JSON.stringify(args)]);
      expect([outcome.code, outcome.stderr.match(/error|fail/i)]).toEqual([0, null]);
    }
  );

  it.each(blocks("sh").flatMap(([file, code]) => code.split("\n").map((line) => [file, line] as const)))(
    "runs the example command in the skill's %s against the sandbox [release.skill-examples]: %s",
    async (_, line) => {
      const words = filled(line).split(" ");
      expect(words.slice(0, 3)).toEqual(["npx", "-y", "imgwire-mcp"]);
      // The examples share a folder, and a download overwrites nothing.
      rmSync(join(folder.path, "originals"), { recursive: true, force: true });
      const outcome = await run(words.slice(3));
      // A check exits with 1 if there is something to publish.
      expect([0, ...(/--check/.test(line) ? [1] : [])]).toContain(outcome.code);
    }
  );

  it.each(blocks("url").flatMap(([file, code]) => code.split("\n").map((line) => [file, line] as const)))(
    "fetches the example transform in the skill's %s from the sandbox's CDN [release.skill-examples]: %s",
    async (_, suffix) => {
      const response = await fetch(`${known["CDN_URL"]}${suffix}`);
      expect([response.status, response.headers.get("content-type")]).toEqual([
        200,
        expect.stringMatching(/^image\//)
      ]);
    }
  );
});

it("keeps SKILL.md below 5,000 tokens and its front matter within limits [release.skill-examples]", () => {
  const text = readFileSync(join(SKILL, "SKILL.md"), "utf8");
  // A conservative estimate: English text has at most one token for every three characters.
  expect(text.length / 3).toBeLessThan(5_000);
  expect(/^description: (.*)$/m.exec(text)![1]!.length).toBeLessThanOrEqual(1_024);
  expect(/^compatibility: (.*)$/m.exec(text)![1]!.length).toBeLessThanOrEqual(500);
});
