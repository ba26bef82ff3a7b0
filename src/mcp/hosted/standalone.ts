import type { ElicitRequestFormParams } from "@modelcontextprotocol/client";
import type { Log } from "../../log.ts";
import type { Http } from "../../system/http.ts";
import type { Answer, Answers, ClientInfo, Question, Questions } from "../calls/hosted-call.ts";
import { hostedTools, type HostedTools, request, type Requester } from "../calls/own-call.ts";
import type { Environments } from "../environment/environments.ts";
import { EraMemory } from "./era-memory.ts";
import { LATEST_LEGACY } from "../era/legacy/versions.ts";
import { EnvironmentGate } from "../environment/gate.ts";
import type { Elicit } from "../local/local-tool.ts";
import type { ServerFacts } from "./connection.ts";
import { Link } from "./client.ts";
import { METHOD_NOT_FOUND, type Era, type Params } from "../protocol/message.ts";
import { fileName } from "../tools/snapshot.ts";
import { Interests } from "../agent/interests.ts";
import type { AuthProvider } from "../../authorization.ts";

/** What a connection of this program's own is made of. */
export interface OpenHostedOptions {
  /** The hosted MCP endpoint. */
  url: URL;
  http: Http;
  authorization: AuthProvider;
  environments: Environments;
  /** Folder of what is remembered of hosted servers. */
  cacheDir: string;
  /** Version of this program, as the hosted server is told. */
  version: string;
  /** Puts forms to the user; without it the hosted server is told that nobody can be asked. */
  elicit?: Elicit;
  log: Log;
}

/** The hosted server as the command line uses it. */
export interface Hosted extends HostedTools {
  readonly era: Era;
  readonly server: ServerFacts;
  /** Makes any request. @throws as the calls of {@link HostedTools} do */
  request(method: string, params?: Params): Promise<Params>;
  /** Ends the connection, and the hosted session where there is one. */
  close(): Promise<void>;
}

const IDLE_CALL_MS = 5 * 60_000;

/**
 * Opens a connection to the hosted server for this program itself.
 * @throws SignInNeededError, UnreachableError, or ImgwireError where the server cannot be spoken with
 */
export async function openHosted(options: OpenHostedOptions): Promise<Hosted> {
  const { url, http, authorization, environments, cacheDir, version, elicit, log } = options;
  const client: ClientInfo = {
    protocolVersion: LATEST_LEGACY,
    clientInfo: { name: "imgwire", title: "Imgwire command line", version },
    capabilities: elicit ? { elicitation: { form: {} } } : {}
  };
  const ask = asker(elicit);
  const link: Link = new Link({
    url,
    http: () => Promise.resolve(http),
    authorization: () => Promise.resolve(authorization),
    memory: new EraMemory(cacheDir, fileName(url.href), log),
    interests: new Interests(),
    events: { notification: () => undefined, ask, ready: () => undefined },
    opened: () => undefined,
    idleCallMs: IDLE_CALL_MS,
    tool: () => undefined,
    log
  });
  const gate = new EnvironmentGate({ environments, next: link, log });
  const { era, server } = await link.open(gate.callerFor(client));
  const requester: Requester = { send: (call) => gate.send(call), client, ask };
  return {
    era,
    server,
    ...hostedTools(requester),
    request: (method, params) => request(requester, method, params),
    close: () => link.close()
  };
}

function asker(elicit: Elicit | undefined): (questions: Questions, signal?: AbortSignal) => Promise<Answers> {
  return async (questions, signal = new AbortController().signal) => {
    const answers = Object.entries(questions).map(async ([key, question]): Promise<[string, Answer]> => [
      key,
      await answer(question, elicit, signal)
    ]);
    return Object.fromEntries(await Promise.all(answers));
  };
}

async function answer(question: Question, elicit: Elicit | undefined, signal: AbortSignal): Promise<Answer> {
  const { method, params } = question;
  if (!elicit || method !== "elicitation/create" || params?.["mode"] === "url") {
    return { error: { code: METHOD_NOT_FOUND, message: "The client cannot be asked this." } };
  }
  const result = await elicit(params as unknown as ElicitRequestFormParams, signal);
  return { result: { ...result } };
}
