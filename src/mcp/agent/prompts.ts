import { readdir } from "node:fs/promises";
import { join, posix } from "node:path";
import type { GetPromptResult, Prompt } from "@modelcontextprotocol/client";
import { UsageError } from "../../errors.ts";
import { isObject } from "../../system/json.ts";
import { type Call, rpcErrorOf } from "../calls/agent-call.ts";
import { askForRoots } from "../environment/environments.ts";
import { INVALID_PARAMS, METHOD_NOT_FOUND, type Params } from "../protocol/message.ts";
import type { ToolList } from "../tools/tool-list.ts";
import type { Interceptor } from "./bridge.ts";

export interface PromptsOptions {
  tools: ToolList;
  cwd: () => string;
}

const METHODS = new Set(["prompts/list", "prompts/get", "completion/complete"]);

/** Answers requests about this program's prompts, and lists them together with Imgwire's. */
export function prompts(options: PromptsOptions): Interceptor {
  return {
    methods: METHODS,
    take: (call) => answer(call, options),
    // This program's prompts are available even when signed out or offline.
    rescue(call) {
      const { method, params } = call.request;
      if (method !== "prompts/list" || params?.["cursor"] !== undefined) return false;
      call.adapt = undefined;
      ownPrompts(options.tools).then(
        (own) => call.result({ prompts: own }),
        (error: unknown) => call.error(rpcErrorOf(error))
      );
      return true;
    }
  };
}

async function answer(call: Call, options: PromptsOptions): Promise<boolean> {
  const { method, params = {} } = call.request;
  const own = await ownPrompts(options.tools);
  const name = nameIn(method, params);
  if (method === "prompts/list") return list(call, own, options);
  if (!own.some((prompt) => prompt.name === name)) return refuse(call, own, options);
  if (method === "prompts/get") call.result({ ...render(String(name), params["arguments"]) });
  else await complete(call, params["argument"], options.cwd());
  return true;
}

async function list(call: Call, own: readonly Prompt[], { tools }: PromptsOptions): Promise<boolean> {
  if (await tools.hasCapability("prompts")) {
    // Only the first page includes our prompts.
    if (call.request.params?.["cursor"] === undefined) call.adapt = (result) => withOwn(result, own);
    return false;
  }
  call.result({ prompts: [...own] });
  return true;
}

/** Refuses a request about a prompt that this program doesn't have, unless Imgwire has prompts of its own. */
async function refuse(call: Call, own: readonly Prompt[], { tools }: PromptsOptions): Promise<boolean> {
  const capability = call.request.method === "prompts/get" ? "prompts" : "completions";
  if (await tools.hasCapability(capability)) return false;
  const message =
    capability === "prompts" ? "There is no such prompt." : "There are no completions for this.";
  // Without prompts of its own, this program hasn't announced the method.
  if (own.length === 0) call.error({ code: METHOD_NOT_FOUND, message: "Method not found" });
  else call.error({ code: INVALID_PARAMS, message });
  return true;
}

async function complete(call: Call, argument: unknown, cwd: string): Promise<void> {
  const { name, value } = (isObject(argument) ? argument : {}) as { name?: unknown; value?: unknown };
  // Asking a modern agent means answering its request with `input_required`, which this method doesn't allow.
  const roots = call.era === "legacy" ? await askForRoots(call) : [];
  const typed = typeof value === "string" ? value : "";
  call.result({ completion: await completeArgument(String(name), typed, [...new Set([cwd, ...roots])]) });
}

/** The prompts whose hosted tools exist, as `prompts/list` shows them. */
async function ownPrompts(tools: ToolList): Promise<Prompt[]> {
  const hosted = await tools.hostedTools();
  return PROMPTS.filter(({ needs }) => needs.every((name) => hosted.has(name))).map(
    ({ needs: _, text: __, ...prompt }) => prompt
  );
}

function nameIn(method: string, params: Params): unknown {
  if (method === "prompts/get") return params["name"];
  const ref = params["ref"];
  return isObject(ref) && ref["type"] === "ref/prompt" ? ref["name"] : undefined;
}

/** Adds Imgwire's prompts after ours. If both have a prompt of the same name, ours wins. */
function withOwn(result: Params, own: readonly Prompt[]): Params {
  const names = new Set<unknown>(own.map(({ name }) => name));
  const theirs: unknown[] = Array.isArray(result["prompts"]) ? result["prompts"] : [];
  const others = theirs.filter((prompt) => !isObject(prompt) || !names.has(prompt["name"]));
  return { ...result, prompts: [...own, ...others] };
}

/**
 * One of this program's prompts: what the agent lists, and a function that makes its text from the arguments.
 */
interface OwnPrompt extends Prompt {
  /** The hosted tools that it needs. */
  needs: readonly string[];
  text: (args: Readonly<Record<string, string>>) => string;
}

const PATH = {
  name: "path",
  description: "Folder or file to work on, for example docs/ or README.md. Default: the whole project."
};

const WHERE = (path: string | undefined): string => (path ? `\`${path}\`` : "this project");

const PROMPTS: readonly OwnPrompt[] = [
  {
    name: "publish-docs",
    title: "Publish the images of documents",
    description:
      "Upload the local images that documents refer to, and point the documents at their CDN URLs.",
    arguments: [PATH],
    needs: ["upload_image", "retrieve_image"],
    text: ({ path }) => `Publish the local images that the documents in ${WHERE(path)} refer to.

1. If you can run commands, run \`npx -y imgwire-mcp publish ${path ?? "."} --dry-run\` first. If what it would change is right, run it without --dry-run, show me the summary, and stop here.
2. Otherwise find the references to local images in Markdown and HTML. Leave out code blocks, remote URLs and data: URLs.
3. Upload the files with one call of upload_images: give it their paths. Don't read or encode them yourself.
4. Replace each reference with the image's cdn_url. Keep alt texts, titles and sizes as they are; in HTML add width and height where they are missing.
5. Leave references whose upload failed as they are.

At the end list what was replaced, what failed and why, and which references are broken.`
  },
  {
    name: "replace-placeholders",
    title: "Replace placeholder images",
    description: "Find placeholder images in a project and replace them with real ones from Imgwire.",
    arguments: [
      PATH,
      { name: "style", description: "What the images should look like, for example photos." }
    ],
    needs: ["upload_image", "retrieve_image", "get_image_url"],
    text: ({ path, style }) => `Replace the placeholder images in ${WHERE(path)} with real ones.

1. Find them: URLs of placeholder services (placehold.co, via.placeholder.com, picsum.photos, dummyimage.com and the like), files named placeholder or todo, and images without a source.
2. For each, work out from its surroundings what it should show and at which size.
3. Look for an image that fits: among the project's files, and on Imgwire with list_images. If there is none and you can generate images, generate one${style ? ` in this style: ${style}` : ""}; otherwise ask me. Don't use an image whose licence you don't know.
4. Upload local files with upload_image and \`path\`, and remote ones with upload_image_via_url.
5. Use get_image_url with the placeholder's width and height, and write alt text that describes what is shown.

Show me the list of replacements before you change any file.`
  },
  {
    name: "image-audit",
    title: "Audit images",
    description:
      "Check a project's images for broken links, missing alt text, excessive size and third-party hosts. Changes nothing.",
    arguments: [PATH],
    needs: ["get_image_url", "list_images"],
    text: ({ path }) => `Audit the images of ${WHERE(path)}. Only read: don't change or upload any files.

1. List every image reference in Markdown, HTML, templates and style sheets.
2. Report, each with file and line: broken references; missing or useless alt texts; images much larger than they are shown; HTML without width and height; images loaded from other people's servers; local files that aren't on Imgwire yet.
3. For images that are on Imgwire, suggest the URL that get_image_url gives for the size they are shown at, with format auto.
4. If fetch_metrics is there, say whether the cache hit ratio or the transfer stands out.

Order the findings by what they cost readers, and end with the three most worthwhile changes.`
  }
];

/** Renders a prompt as the result of `prompts/get`. @throws UsageError for an argument that isn't a string */
function render(name: string, args: unknown): GetPromptResult {
  const { description, text } = PROMPTS.find((prompt) => prompt.name === name)!;
  const given = Object.entries(isObject(args) ? args : {}).filter(
    ([, value]) => value !== undefined && value !== ""
  );
  for (const [argument, value] of given)
    if (typeof value !== "string") throw new UsageError(`The argument ${argument} must be a string.`);
  const message = text(Object.fromEntries(given) as Record<string, string>);
  return {
    ...(description !== undefined && { description }),
    messages: [{ role: "user", content: { type: "text", text: message } }]
  };
}

/** As many as a response may carry (MCP, server/utilities/completion). */
const MAX_VALUES = 100;
const STYLES = ["photos", "illustrations", "screenshots", "icons", "diagrams"];
const DOCUMENT = /\.(md|mdx|markdown|html?|ipynb)$/i;

/**
 * Completes a prompt's argument.
 * @param folders the folders in which relative paths are completed; nothing outside them is shown
 */
async function completeArgument(
  argument: string,
  typed: string,
  folders: readonly string[]
): Promise<{ values: string[]; total: number; hasMore: boolean }> {
  const found =
    argument === "path"
      ? (await Promise.all(folders.map((folder) => pathsIn(folder, typed)))).flat()
      : STYLES.filter((style) => argument === "style" && style.startsWith(typed));
  const all = [...new Set(found)];
  return { values: all.slice(0, MAX_VALUES), total: all.length, hasMore: all.length > MAX_VALUES };
}

/** Folders and documents that complete a relative path. */
async function pathsIn(folder: string, typed: string): Promise<string[]> {
  const isInside = !posix.isAbsolute(typed) && !typed.split("/").includes("..") && !typed.includes("\\");
  if (!isInside) return [];
  const parent = typed.includes("/") ? typed.slice(0, typed.lastIndexOf("/") + 1) : "";
  const entries = await readdir(join(folder, parent), { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.name.startsWith(".") && entry.name !== "node_modules")
    .filter((entry) => entry.isDirectory() || (entry.isFile() && DOCUMENT.test(entry.name)))
    .map((entry) => `${parent}${entry.name}${entry.isDirectory() ? "/" : ""}`)
    .filter((path) => path.startsWith(typed))
    .sort();
}
