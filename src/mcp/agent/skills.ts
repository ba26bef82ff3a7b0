import { isObject } from "../../system/json.ts";
import { settleWithin } from "../../system/timeout.ts";
import type { Call } from "../calls/agent-call.ts";
import { hostedSkills } from "../calls/hosted-tools.ts";
import type { Requester } from "../calls/own-call.ts";
import { type ServerInfo, SKILLS_EXTENSION } from "../hosted/connection.ts";
import { childrenOf, entryOf, isOurs, type Skill, SKILL_URI } from "../local/skill.ts";
import { INVALID_PARAMS, type Params } from "../protocol/message.ts";
import type { Interceptor } from "./bridge.ts";

export interface SkillsOptions {
  load: () => Promise<Skill>;
  /** What is known of the hosted server. */
  server: () => Promise<ServerInfo>;
  /** How the hosted server is asked in an agent's name. */
  requester: (call: Call) => Requester;
  /** Sends a call on to the hosted server as it is. */
  pass: (call: Call) => void;
}

/** How long our own skill waits for those of the hosted server. */
const HOSTED_SKILLS_TIMEOUT_MS = 3_000;

/**
 * Serves the skill that comes with the program, beside those of the hosted server (SEP-2640): what is below
 * our skill's folder is answered here, whatever the hosted server says.
 */
export function skills(options: SkillsOptions): Interceptor {
  const answers = new Map<string, (call: Call, uri: unknown) => Promise<void>>([
    ["skills/list", (call) => list(call, options)],
    ["skills/get", (call, uri) => get(call, uri, options)],
    ["resources/directory/read", (call, uri) => readDirectory(call, uri, options)]
  ]);
  return {
    methods: new Set(answers.keys()),
    take(call) {
      const { method, params } = call.request;
      answers
        .get(method)?.(call, params?.["uri"])
        .catch((error: unknown) => call.fail(error));
      return true;
    }
  };
}

async function list(call: Call, options: SkillsOptions): Promise<void> {
  if (call.request.params?.["cursor"] !== undefined)
    return refuse(call, "Invalid cursor: there is one page.");
  call.result({ skills: await entries(call, options) });
}

async function get(call: Call, uri: unknown, options: SkillsOptions): Promise<void> {
  if (uri === SKILL_URI) return call.result({ skill: entryOf(await options.load()) });
  if (!isOurs(uri) && hasSkills(await options.server())) return options.pass(call);
  refuse(call, "There is no skill with this URI.");
}

async function readDirectory(call: Call, uri: unknown, options: SkillsOptions): Promise<void> {
  if (!isOurs(uri) && settingsOf(await options.server())?.["directoryRead"] === true)
    return options.pass(call);
  const children = typeof uri === "string" ? childrenOf(await entries(call, options), uri) : undefined;
  if (children) call.result({ resources: children });
  else refuse(call, "There is no folder with this URI.");
}

/** Our skill and those of the hosted server, where it has any and answers soon enough. */
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

function refuse(call: Call, message: string): void {
  call.error({ code: INVALID_PARAMS, message });
}
