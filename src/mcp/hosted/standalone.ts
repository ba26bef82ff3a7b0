import { Interests } from "./connection.ts";
import type { AuthProvider } from "../../authorization.ts";
import type { Log } from "../../log.ts";
import { fileName } from "../../system/file-name.ts";
import type { Http } from "../../system/http.ts";
import { hostedTools, type HostedTools } from "../calls/hosted-tools.ts";
import type { Environments } from "../environment/environments.ts";
import { EnvironmentGate } from "../environment/gate.ts";
import type { ClientInfo } from "../protocol/capabilities.ts";
import { respondToAll } from "../calls/hosted-call.ts";
import type { InputResponse } from "../protocol/input-request.ts";
import { METHOD_NOT_FOUND } from "../protocol/message.ts";
import { LATEST_LEGACY } from "../protocol/revisions.ts";
import { HostedClient } from "./client.ts";
import { EraMemory } from "./era.ts";

/** What the command line's connection needs. */
export interface OpenHostedOptions {
  /** The hosted MCP endpoint. */
  url: URL;
  http: Http;
  authorization: AuthProvider;
  environments: Environments;
  /** Folder for what this program remembers about hosted servers. */
  cacheDir: string;
  /** Version of this program, as the hosted server is told. */
  version: string;
  log: Log;
}

/** The hosted server as the command line uses it. */
export interface Hosted extends HostedTools {
  /** Ends the connection, and the hosted session if there is one. */
  close(): Promise<void>;
}

const IDLE_CALL_TIMEOUT_MS = 5 * 60_000;
const NOBODY: InputResponse = { error: { code: METHOD_NOT_FOUND, message: "Nobody can be asked." } };

/**
 * Opens a connection to the hosted server for the command line, which takes no input requests.
 * @throws SignInNeededError, UnreachableError, or ImgwireError when the server cannot be spoken with
 */
export async function openHosted(options: OpenHostedOptions): Promise<Hosted> {
  const { url, http, authorization, environments, cacheDir, version, log } = options;
  const client: ClientInfo = {
    protocolVersion: LATEST_LEGACY,
    clientInfo: { name: "imgwire", title: "Imgwire command line", version },
    capabilities: {}
  };
  const hosted = new HostedClient({
    url,
    http: () => Promise.resolve(http),
    authorization: () => Promise.resolve(authorization),
    memory: new EraMemory(cacheDir, fileName(url.href), log),
    interests: new Interests(),
    events: {
      notification: () => undefined,
      ask: (requests) => Promise.resolve(respondToAll(requests, NOBODY)),
      ready: () => undefined
    },
    opened: () => undefined,
    idleCallMs: IDLE_CALL_TIMEOUT_MS,
    tool: () => undefined,
    log
  });
  const gate = new EnvironmentGate({ environments, next: hosted, log });
  await hosted.open(gate.callerFor(client));
  return {
    ...hostedTools({ send: (call) => gate.send(call), client }),
    close: () => hosted.close()
  };
}
