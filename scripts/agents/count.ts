/**
 * Counts the tokens that agents pass to their models. Each agent uploads images by path to a sandbox, driven
 * by a stand-in for a model.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { signIn } from "../../sandbox/client/oauth.ts";
import { startSandbox } from "../../sandbox/sandbox.ts";
import { bin } from "../program.ts";
import { runToEnd } from "./run.ts";
import { type Planned, type StandIn, startStandIn } from "./stand-in.ts";

/** How to start an agent without a user, with the stand-in in place of its model. */
export interface Headless {
  id: string;
  /** The command line, whose program is below `node_modules`. */
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

/** Has an agent upload a number of images and counts the tokens of the results. */
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
  const { standIn, output } = await runAgent(agent, modules, { prompt: "Upload the images.", calls });
  const report = `${output.slice(-600)}\n${[...standIn.tools, ...standIn.unknown].join(", ")}`;
  return summary(standIn.received, uploads, report);
}

/** The inputs of an agent's run. */
export interface Run {
  prompt: string;
  calls: readonly Planned[];
}

/** Runs an agent, signed in to a sandbox, in a project with one image for each call. */
export async function runAgent(
  agent: Headless,
  modules: string,
  { prompt, calls }: Run
): Promise<{ standIn: StandIn; output: string }> {
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
    const output = await runToEnd(agent.argv(modules, standIn.url, prompt), { env, cwd: project });
    return { standIn, output };
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
    runToEnd([process.execPath, bin("imgwire"), ...args], options, input);
  await imgwire(["config", "set", "url", url]);
  await imgwire(["config", "set", "tokenStore", "file"]);
  await imgwire(["login", "--with-token"], token);
  await imgwire(["install", id]);
}

/** The token cost of the images in a result. Everything else counts as text, including other base64. */
const IMAGE_TOKENS = 400;
const IMAGES =
  /"(?:data|image_url|url)":\s*(?:\{"url":)?"(?:data:image\/[a-z]+;base64,)?[A-Za-z0-9+/=]{1000,}"/g;

function summary(received: readonly string[], wanted: number, output: string): Counted {
  let images = 0;
  const tokens = received.map((result) => {
    const found = result.match(IMAGES)?.length ?? 0;
    images += found;
    return Math.ceil(result.replace(IMAGES, "").length / 4) + (found > 0 ? IMAGE_TOKENS : 0);
  });
  return {
    uploads: received.filter((result) => result.includes("cdn_url")).length,
    largest: Math.max(0, ...tokens),
    all: tokens.reduce((sum, each) => sum + each, 0),
    kinds: images > 0 ? `text and ${images} images` : "text",
    problem: received.length >= wanted ? undefined : output
  };
}
