import { isObject, type JsonObject } from "../../system/json.ts";
import type { Call } from "../calls/agent-call.ts";
import type { ServerInfo } from "../hosted/connection.ts";
import { type Apps, isPage, pageResources, readPage } from "../local/app-pages.ts";
import { type ClientInfo, rendersApps } from "../protocol/capabilities.ts";
import { INVALID_PARAMS } from "../protocol/message.ts";
import type { Interceptor } from "./bridge.ts";
import { isOurs, readFile, resourceOf, type Skill } from "./skills.ts";

export interface ResourcesOptions {
  skill: () => Promise<Skill>;
  /** The pages for hosts that render MCP Apps; undefined if they are turned off. */
  apps: Apps | undefined;
  /** The hosted MCP endpoint. */
  url: URL;
  /** The hosted server's info, as far as it is known. */
  server: () => Promise<ServerInfo>;
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

/** Serves this program's resources (the skill's files and the pages) together with the hosted server's. */
export function resources(options: ResourcesOptions): Interceptor {
  const skill = skillFiles(options);
  const pages = options.apps && appPages(options.apps, options.url);
  const own = (client: ClientInfo): readonly OwnResources[] =>
    pages && rendersApps(client) ? [skill, pages] : [skill];
  const answers = new Map<string, (call: Call) => Promise<boolean>>([
    ["resources/list", (call) => list(call, own(call.client), options)],
    ["resources/templates/list", (call) => listTemplates(call, options)],
    ["resources/read", (call) => read(call, own(call.client), options)]
  ]);
  return {
    methods: new Set(answers.keys()),
    take: (call) => answers.get(call.request.method)?.(call) ?? false
  };
}

function skillFiles({ skill }: ResourcesOptions): OwnResources {
  return {
    isOurs,
    list: async () => [resourceOf(await skill())],
    read: async (uri) => readFile(await skill(), uri)
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
async function list(call: Call, own: readonly OwnResources[], options: ResourcesOptions): Promise<boolean> {
  const ours = (await Promise.all(own.map((each) => each.list()))).flat();
  if (!(await hasResources(options))) {
    call.result({ resources: ours });
    return true;
  }
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
  call.result({ resourceTemplates: [] });
  return true;
}

async function read(call: Call, own: readonly OwnResources[], options: ResourcesOptions): Promise<boolean> {
  const uri = call.request.params?.["uri"];
  const owner = own.find((each) => each.isOurs(uri));
  if (!owner && (await hasResources(options))) return false;
  const result = await owner?.read(String(uri));
  if (result) call.result(result);
  else call.error({ code: INVALID_PARAMS, message: "There is no resource with this URI." });
  return true;
}

async function hasResources({ server }: ResourcesOptions): Promise<boolean> {
  return isObject((await server()).capabilities["resources"]);
}
