/**
 * Counts what agents hand to their models: each uploads pictures by path to a sandbox, driven by a stand-in
 * for a model.
 */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import sharp from "sharp";
import { signIn } from "../../sandbox/client/oauth.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { type Planned, type StandIn, startStandIn } from "./stand-in.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const RUN_TIMEOUT_MS = 180_000;

/** How to start an agent without a user, with the stand-in in place of its model. */
export interface Headless {
  id: string;
  /** The program's path below `node_modules`, and the Node to run it with if it needs a different one. */
  argv: (modules: string, url: string, prompt: string) => string[];
  env: (url: string) => Record<string, string>;
  /** Files that it needs in the home folder. */
  files?: (url: string) => Record<string, object>;
}

export interface Counted {
  uploads: number;
  /** Estimated tokens: of the largest result, and in total. */
  largest: number;
  all: number;
  kinds: string;
  problem: string | undefined;
}

/** Has an agent upload a number of pictures. */
export async function countAgent(
  agent: Headless,
  modules: string,
  uploads: number,
  preview: boolean
): Promise<Counted> {
  const calls = Array.from({ length: uploads }, (_, at) => ({
    tool: "upload_image",
    args: { path: pictureName(at), ...(preview && { preview }) }
  }));
  const { standIn, said } = await runAgent(agent, modules, { prompt: "Upload the pictures.", calls });
  const report = `${said.slice(-600)}\n${[...standIn.tools, ...standIn.unknown].join(", ")}`;
  return summary(standIn.handed, uploads, report);
}

/** The inputs of an agent's run. */
export interface Run {
  prompt: string;
  calls: readonly Planned[];
}

/** Runs an agent, signed in to a sandbox, in a project with one picture for each call. */
export async function runAgent(
  agent: Headless,
  modules: string,
  { prompt, calls }: Run
): Promise<{ standIn: StandIn; said: string }> {
  const sandbox = await startSandbox({ autoApprove: true, processingMs: 0, environments: ["a"], link: "a" });
  const home = mkdtempSync(join(tmpdir(), "imgwire-count-"));
  const project = join(home, "project");
  mkdirSync(project);
  for (let at = 0; at < calls.length; at++) await writePicture(join(project, pictureName(at)), at);
  const standIn = await startStandIn(calls);
  try {
    for (const [name, content] of Object.entries(agent.files?.(standIn.url) ?? {})) {
      const path = join(home, name);
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, JSON.stringify(content));
    }
    await prepare(agent, home, sandbox.mcpUrl, (await signIn(sandbox)).accessToken);
    const env = { ...environment(home), ...agent.env(standIn.url) };
    const said = await run(agent.argv(modules, standIn.url, prompt), { env, cwd: project });
    return { standIn, said };
  } finally {
    standIn.close();
    await sandbox.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

function pictureName(at: number): string {
  return `p${at}.jpg`;
}

async function writePicture(path: string, at: number): Promise<void> {
  const background = { r: (at * 40) % 255, g: 120, b: 60 };
  const noise = { type: "gaussian" as const, mean: 128, sigma: 40 };
  await sharp({ create: { width: 1_600, height: 1_000, channels: 3, background, noise } })
    .jpeg()
    .toFile(path);
}

function environment(home: string): Record<string, string> {
  return { HOME: home, PATH: process.env["PATH"] ?? "", TERM: "dumb", NO_COLOR: "1", CI: "1" };
}

/** Installs the entry and signs in, as a user would, because agents pass on few variables. */
async function prepare({ id }: Headless, home: string, url: string, token: string): Promise<void> {
  const options = { env: environment(home), cwd: join(home, "project") };
  const imgwire = (args: string[], input = ""): Promise<string> =>
    run([process.execPath, join(ROOT, "bin/imgwire.js"), ...args], options, input);
  await imgwire(["config", "set", "url", url]);
  await imgwire(["config", "set", "tokenStore", "file"]);
  await imgwire(["login", "--with-token"], token);
  await imgwire(["install", id]);
}

function run(
  argv: string[],
  options: { env: Record<string, string>; cwd: string },
  input = ""
): Promise<string> {
  return new Promise((done) => {
    const child = execFile(
      argv[0] ?? "",
      argv.slice(1),
      { ...options, timeout: RUN_TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 },
      (_, stdout, stderr) => done(stdout + stderr)
    );
    child.stdin?.end(input);
  });
}

/** The token cost of a picture in a result. Everything else counts as text, including base64. */
const TOKENS_OF_PICTURE = 400;
const PICTURES = [
  /"(?:data|image_url|url)":\s*(?:\{"url":)?"(?:data:image\/[a-z]+;base64,)?[A-Za-z0-9+/=]{1000,}"/g
];

function summary(handed: readonly string[], wanted: number, said: string): Counted {
  let pictures = 0;
  const tokens = handed.map((result) => {
    const text = PICTURES.reduce(
      (rest, pattern) => rest.replace(pattern, () => ((pictures += 1), "")),
      result
    );
    const seen = (result.length - text.length > 0 ? 1 : 0) * TOKENS_OF_PICTURE;
    return Math.ceil(text.length / 4) + seen;
  });
  return {
    uploads: handed.filter((result) => result.includes("cdn_url")).length,
    largest: Math.max(0, ...tokens),
    all: tokens.reduce((sum, each) => sum + each, 0),
    kinds: pictures > 0 ? `text and ${pictures} pictures` : "text",
    problem: handed.length >= wanted ? undefined : said
  };
}
