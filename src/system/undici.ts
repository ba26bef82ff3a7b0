import type { fetch as undiciFetch } from "undici";
import connect from "undici/lib/api/api-connect.js";
import request from "undici/lib/api/api-request.js";
import buildConnector from "undici/lib/core/connect.js";
import Agent from "undici/lib/dispatcher/agent.js";
import Dispatcher from "undici/lib/dispatcher/dispatcher.js";
import Pool from "undici/lib/dispatcher/pool.js";
import ProxyAgent from "undici/lib/dispatcher/proxy-agent.js";

/**
 * The parts of undici that this program uses. Its index also loads fetch, WebSocket, caches and mocks, which
 * takes three times as long, and every command that contacts Imgwire would have to wait for that.
 */
export { Agent, buildConnector, Pool, ProxyAgent };

// The index does this too.
Object.assign(Dispatcher.prototype, { request, connect });

/** undici's fetch, loaded when it is first called. */
export const fetch: typeof undiciFetch = async (input, init) =>
  (await import("undici/lib/web/fetch/index.js")).default.fetch(input, init);
