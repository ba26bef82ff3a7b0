import type { Deps } from "../../../deps.ts";
import { PING } from "../../../auth/ping.ts";
import { UnreachableError } from "../../../errors.ts";
import type { Whoami } from "../../../mcp/service/whoami.ts";
import { allValues, firstValue } from "../../../system/header-field.ts";
import { once } from "../../../system/once.ts";
import { fetchWhoami } from "../../whoami.ts";

/** Imgwire's response to a request without a token. */
interface Contact {
  status: number;
  /** The server's clock, in milliseconds since the epoch; undefined if it sends no date. */
  serverTime: number | undefined;
  /** This machine's clock at the same moment. */
  localTime: number;
  /** Whether the response is a web page, such as a captive portal. */
  isWebPage: boolean;
  /** The `WWW-Authenticate` field. */
  wwwAuthenticate: string | undefined;
}

/** Results that several checks use; each is determined only once. */
export interface Findings {
  /**
   * Contacts Imgwire.
   * @throws the network error
   */
  contact(): Promise<Contact>;
  /**
   * Asks Imgwire for the signed-in account.
   * @throws the error of opening a connection
   */
  whoami(): Promise<Whoami>;
}

const CONTACT_TIMEOUT_MS = 10_000;

/** Creates the findings of one run. Each is determined when it is first needed. */
export function findingsOf(deps: Deps, signal: AbortSignal): Findings {
  return {
    contact: once(() => reach(deps, signal)).get,
    whoami: once(() => fetchWhoami({ deps, signal })).get
  };
}

async function reach(deps: Deps, signal: AbortSignal): Promise<Contact> {
  const http = await deps.http();
  const deadline = AbortSignal.timeout(CONTACT_TIMEOUT_MS);
  const { statusCode, headers, body } = await http
    .request(deps.settings.url, "user", {
      ...PING,
      signal: AbortSignal.any([signal, deadline])
    })
    .catch((error: unknown) => {
      if (!deadline.aborted) throw error;
      throw new UnreachableError(`No answer within ${CONTACT_TIMEOUT_MS / 1_000} seconds.`);
    });
  const localTime = Date.now();
  body.on("error", () => undefined).destroy();
  const serverTime = Date.parse(firstValue(headers["date"]) ?? "");
  return {
    status: statusCode,
    serverTime: Number.isNaN(serverTime) ? undefined : serverTime,
    localTime,
    isWebPage: /^text\/html\b/i.test(firstValue(headers["content-type"]) ?? ""),
    wwwAuthenticate: allValues(headers["www-authenticate"])
  };
}
