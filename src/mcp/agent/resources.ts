import { isObject, type JsonObject } from "../../system/json.ts";
import { settleWithin } from "../../system/timeout.ts";
import type { Call } from "../calls/agent-call.ts";
import { hostedSkills } from "../calls/hosted-tools.ts";
import type { Requester } from "../calls/own-call.ts";
import type { ServerInfo } from "../hosted/connection.ts";
import { type Apps, isPage, pageResources, readPage } from "../local/app-pages.ts";
import {
  childrenOf,
  isSkillUri,
  readSkillFile,
  type Skill,
  SKILL_URI,
  skillEntry,
  skillResource
} from "../local/skill.ts";
import { type ClientInfo, rendersApps } from "../protocol/capabilities.ts";
import { INVALID_PARAMS, type Params } from "../protocol/message.ts";
import type { Interceptor } from "./bridge.ts";
import { SKILLS_EXTENSION } from "./handshake.ts";

export interface ResourcesOptions {
  skill: () => Promise<Skill>;
  /** The pages for hosts that render MCP Apps; undefined if they are turned off. */
  apps: Apps | undefined;
  /** The hosted MCP endpoint. */
  url: URL;
  /** The hosted server's info, as far as it is known. */
  server: () => Promise<ServerInfo>;
  /** Makes our requests to the hosted server on behalf of a call's agent. */
  requester: (call: Call) => Requester;
}

/**
 * One kind of this program's resources. Requests for their URIs are always answered here, never by Imgwire.
 */
interface OwnResources {
  isOurs(uri: unknown): uri is string;
  list(): Promise<JsonObject[]>;
  /** The result of `resources/read`; undefined if there is no such resource. */
  read(uri: string): Promise<JsonObject | undefined>;
}

/** How long to hold our own skill for the hosted server's. */
const HOSTED_SKILLS_TIMEOUT_MS = 3_000;

/**
 * Serves this program's resources (the pages and the files of the bundled skill) together with the hosted
 * server's, and the skill itself together with the hosted server's skills (SEP-2640).
 */
export function resources(options: ResourcesOptions): Interceptor {
  const skill = skillFiles(options);
  const pages = options.apps && appPages(options.apps, options.url);
  const own = (client: ClientInfo): readonly OwnResources[] =>
    pages && rendersApps(client) ? [skill, pages] : [skill];
  const answers = new Map<string, (call: Call) => Promise<boolean>>([
    ["resources/list", (call) => listResources(call, own(call.client), options)],
    ["resources/templates/list", (call) => listTemplates(call, options)],
    ["resources/read", (call) => readResource(call, own(call.client), options)],
    ["resources/directory/read", (call) => readDirectory(call, options)],
    ["skills/list", (call) => listSkills(call, options)],
    ["skills/get", (call) => getSkill(call, options)]
  ]);
  return {
    methods: new Set(answers.keys()),
    take: (call) => answers.get(call.request.method)?.(call) ?? false
  };
}

function skillFiles({ skill }: ResourcesOptions): OwnResources {
  return {
    isOurs: isSkillUri,
    list: async () => [skillResource(await skill())],
    read: async (uri) => readSkillFile(await skill(), uri)
  };
}

function appPages({ html }: Apps, url: URL): OwnResources {
  return {
    isOurs: isPage,
    list: () => Promise.resolve(pageResources(url)),
    read: (uri) => readPage(uri, html, url)
  };
}

/** Lists our resources after the hosted server's, on the first page. */
async function listResources(
  call: Call,
  own: readonly OwnResources[],
  options: ResourcesOptions
): Promise<boolean> {
  const ours = (await Promise.all(own.map((each) => each.list()))).flat();
  if (!(await hasResources(options))) return answer(call, { resources: ours });
  if (call.request.params?.["cursor"] === undefined) {
    call.adapt = (page) => {
      const theirs: unknown[] = Array.isArray(page["resources"]) ? page["resources"] : [];
      const others = theirs.filter(
        (each) => !(isObject(each) && own.some((mine) => mine.isOurs(each["uri"])))
      );
      return { ...page, resources: [...others, ...ours] };
    };
  }
  return false;
}

async function listTemplates(call: Call, options: ResourcesOptions): Promise<boolean> {
  if (await hasResources(options)) return false;
  return answer(call, { resourceTemplates: [] });
}

async function readResource(
  call: Call,
  own: readonly OwnResources[],
  options: ResourcesOptions
): Promise<boolean> {
  const uri = call.request.params?.["uri"];
  const owner = own.find((each) => each.isOurs(uri));
  if (!owner && (await hasResources(options))) return false;
  const result = await owner?.read(String(uri));
  return result ? answer(call, result) : reject(call, "There is no resource with this URI.");
}

async function hasResources({ server }: ResourcesOptions): Promise<boolean> {
  return isObject((await server()).capabilities["resources"]);
}

async function readDirectory(call: Call, options: ResourcesOptions): Promise<boolean> {
  const uri = call.request.params?.["uri"];
  if (!isSkillUri(uri) && (await hostedSettings(options))?.["directoryRead"] === true) return false;
  const children = typeof uri === "string" ? childrenOf(await skillEntries(call, options), uri) : undefined;
  if (children) return answer(call, { resources: children });
  return reject(call, "There is no folder with this URI.");
}

async function listSkills(call: Call, options: ResourcesOptions): Promise<true> {
  if (call.request.params?.["cursor"] !== undefined)
    return reject(call, "Invalid cursor: there is one page.");
  return answer(call, { skills: await skillEntries(call, options) });
}

async function getSkill(call: Call, options: ResourcesOptions): Promise<boolean> {
  const uri = call.request.params?.["uri"];
  if (uri === SKILL_URI) return answer(call, { skill: skillEntry(await options.skill()) });
  if (!isSkillUri(uri) && (await hostedSettings(options))) return false;
  return reject(call, "There is no skill with this URI.");
}

/** Our skill, plus the hosted server's skills if it has any and answers in time. */
async function skillEntries(call: Call, options: ResourcesOptions): Promise<unknown[]> {
  const own = skillEntry(await options.skill());
  if (!(await hostedSettings(options))) return [own];
  const hosted = await settleWithin(HOSTED_SKILLS_TIMEOUT_MS, hostedSkills(options.requester(call)));
  return [own, ...(hosted ?? []).filter((each) => isObject(each) && !isSkillUri(each["uri"]))];
}

/** The settings with which the hosted server announces skills; undefined if it has none. */
async function hostedSettings({ server }: ResourcesOptions): Promise<Params | undefined> {
  const { extensions } = (await server()).capabilities;
  const settings = isObject(extensions) ? extensions[SKILLS_EXTENSION] : undefined;
  return isObject(settings) ? settings : undefined;
}

function answer(call: Call, result: Params): true {
  call.result(result);
  return true;
}

function reject(call: Call, message: string): true {
  call.error({ code: INVALID_PARAMS, message });
  return true;
}
