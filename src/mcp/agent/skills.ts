import { isObject, type JsonObject } from "../../system/json.ts";
import { settleWithin } from "../../system/timeout.ts";
import type { Call } from "../calls/agent-call.ts";
import { hostedSkills } from "../calls/hosted-tools.ts";
import type { Requester } from "../calls/own-call.ts";
import type { ServerInfo } from "../hosted/connection.ts";
import { INVALID_PARAMS, type Params } from "../protocol/message.ts";
import type { Interceptor } from "./bridge.ts";
import { SKILLS_EXTENSION } from "./handshake.ts";

/** The skill bundled with the program. */
export interface Skill {
  frontmatter: JsonObject;
  files: readonly { path: string; text: string; sha256: string }[];
}

export interface SkillsOptions {
  load: () => Promise<Skill>;
  /** The hosted server's info, as far as it is known. */
  server: () => Promise<ServerInfo>;
  /** Makes our requests to the hosted server on behalf of a call's agent. */
  requester: (call: Call) => Requester;
}

/** How long to hold our own skill for the hosted server's. */
const HOSTED_SKILLS_TIMEOUT_MS = 3_000;

/**
 * Serves the bundled skill together with the hosted server's skills (SEP-2640). Requests for URIs in our
 * skill's folder are always answered here.
 */
export function skills(options: SkillsOptions): Interceptor {
  const answers = new Map<string, (call: Call, uri: unknown) => Promise<boolean>>([
    ["skills/list", (call) => list(call, options)],
    ["skills/get", (call, uri) => get(call, uri, options)],
    ["resources/directory/read", (call, uri) => readDirectory(call, uri, options)]
  ]);
  return {
    methods: new Set(answers.keys()),
    take: (call) => answers.get(call.request.method)?.(call, call.request.params?.["uri"]) ?? false
  };
}

async function list(call: Call, options: SkillsOptions): Promise<true> {
  if (call.request.params?.["cursor"] !== undefined)
    return refuse(call, "Invalid cursor: there is one page.");
  return answer(call, { skills: await entries(call, options) });
}

async function get(call: Call, uri: unknown, options: SkillsOptions): Promise<boolean> {
  if (uri === SKILL_URI) return answer(call, { skill: entryOf(await options.load()) });
  if (!isOurs(uri) && hasSkills(await options.server())) return false;
  return refuse(call, "There is no skill with this URI.");
}

async function readDirectory(call: Call, uri: unknown, options: SkillsOptions): Promise<boolean> {
  if (!isOurs(uri) && settingsOf(await options.server())?.["directoryRead"] === true) return false;
  const children = typeof uri === "string" ? childrenOf(await entries(call, options), uri) : undefined;
  if (children) return answer(call, { resources: children });
  return refuse(call, "There is no folder with this URI.");
}

/** Our skill, plus the hosted server's skills if it has any and answers in time. */
async function entries(call: Call, { load, server, requester }: SkillsOptions): Promise<unknown[]> {
  const own = entryOf(await load());
  if (!hasSkills(await server())) return [own];
  const hosted = await settleWithin(HOSTED_SKILLS_TIMEOUT_MS, hostedSkills(requester(call)));
  return [own, ...(hosted ?? []).filter((each) => isObject(each) && !isOurs(each["uri"]))];
}

function hasSkills(server: ServerInfo): boolean {
  return settingsOf(server) !== undefined;
}

function settingsOf({ capabilities }: ServerInfo): Params | undefined {
  const extensions = isObject(capabilities["extensions"]) ? capabilities["extensions"] : {};
  const settings = extensions[SKILLS_EXTENSION];
  return isObject(settings) ? settings : undefined;
}

function answer(call: Call, result: Params): true {
  call.result(result);
  return true;
}

function refuse(call: Call, message: string): true {
  call.error({ code: INVALID_PARAMS, message });
  return true;
}

/** One file in a skill's entry. */
interface SkillResource {
  uri: string;
  digest: string;
  size: number;
}

/** A skill with its manifest. */
interface SkillEntry {
  uri: string;
  frontmatter: JsonObject;
  resources: readonly SkillResource[];
}

const MARKDOWN = "text/markdown";
const DIRECTORY = "inode/directory";
/**
 * Our skill's folder. Its last segment is the skill's name in the frontmatter. Everything below it is ours.
 */
const FOLDER = "skill://imgwire";
const SKILL_URI = `${FOLDER}/SKILL.md`;

/** Whether a URI is within the bundled skill's folder. */
export function isOurs(uri: unknown): uri is string {
  return typeof uri === "string" && (uri === FOLDER || uri.startsWith(`${FOLDER}/`));
}

/** The skill as `skills/list` and `skills/get` show it. */
function entryOf({ frontmatter, files }: Skill): SkillEntry {
  const resources = files.map(({ path, text, sha256 }) => ({
    uri: `${FOLDER}/${path}`,
    digest: `sha256:${sha256}`,
    size: Buffer.byteLength(text)
  }));
  return { uri: SKILL_URI, frontmatter, resources };
}

/** SKILL.md as `resources/list` shows it. */
export function resourceOf({ frontmatter: { name, description } }: Skill): JsonObject {
  return { uri: SKILL_URI, name, description, mimeType: MARKDOWN };
}

/** The result of `resources/read`; undefined if the skill has no such file. */
export function readFile({ files }: Skill, uri: string): JsonObject | undefined {
  const file = files.find(({ path }) => uri === `${FOLDER}/${path}`);
  return file && { contents: [{ uri, mimeType: MARKDOWN, text: file.text }] };
}

/**
 * The children of a folder, derived from the skills' entries, because a server needn't support this itself.
 * @returns undefined if no skill has such a folder
 */
function childrenOf(entries: readonly unknown[], uri: string): JsonObject[] | undefined {
  const folder = uri.replace(/\/$/, "");
  const files = entries.flatMap(filesOf).filter((file) => file.startsWith(`${folder}/`));
  if (files.length === 0) return undefined;
  const names = new Set(files.map((file) => file.slice(folder.length + 1).split("/")[0]!));
  return [...names].map((name) => {
    const child = `${folder}/${name}`;
    const mimeType = child.endsWith(".md") ? { mimeType: MARKDOWN } : {};
    return { uri: child, name, ...(files.includes(child) ? mimeType : { mimeType: DIRECTORY }) };
  });
}

function filesOf(entry: unknown): string[] {
  const resources = isObject(entry) && Array.isArray(entry["resources"]) ? entry["resources"] : [];
  return resources.flatMap((each) =>
    isObject(each) && typeof each["uri"] === "string" ? [each["uri"]] : []
  );
}
