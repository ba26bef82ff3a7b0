import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SignInNeededError } from "../../src/errors.ts";
import { createLog } from "../../src/log.ts";
import type { Environments } from "../../src/mcp/environment/environments.ts";
import { type Hosted, openHosted } from "../../src/mcp/tools/client.ts";
import { createHttp, type Http } from "../../src/system/http.ts";
import { removeFolder } from "../support/folder.ts";
import { type Network, startNetwork } from "../support/network.ts";

interface Message {
  id?: string | number;
  method: string;
  params?: Record<string, unknown>;
}

/** A request that the hosted server received. */
interface Sent {
  headers: Headers;
  message: Message;
}

let network: Network;
let client: Http;
let cacheDir: string;
let sent: Sent[];
let refusedTokens: unknown[];
let canRenew: boolean;

beforeEach(async () => {
  network = await startNetwork();
  client = createHttp({}, true);
  cacheDir = await mkdtemp(join(tmpdir(), "imgwire-hosted-"));
  sent = [];
  refusedTokens = [];
  canRenew = true;
});
afterEach(async () => {
  await client.close();
  await removeFolder(cacheDir);
  await network.close();
});

/** Serves these methods; a request with any other method fails the test. */
function serve(answers: Record<string, (message: Message) => Response>): void {
  network.use(
    http.post(`${network.origin}/mcp`, async ({ request }) => {
      const message = (await request.clone().json()) as Message;
      sent.push({ headers: request.headers, message });
      return answers[message.method]?.(message);
    }),
    http.delete(`${network.origin}/mcp`, () => new HttpResponse(null, { status: 204 })),
    http.get(`${network.origin}/mcp`, () => new HttpResponse(null, { status: 405 }))
  );
}

function result(message: Message, value: object, headers: Record<string, string> = {}): Response {
  return HttpResponse.json({ jsonrpc: "2.0", id: message.id, result: value }, { headers });
}

const CAPABILITIES = { tools: {} };
const CALLED = { content: [{ type: "text", text: "called" }] };

const LEGACY: Record<string, (message: Message) => Response> = {
  "server/discover": () => new HttpResponse(null, { status: 404 }),
  initialize: (message) =>
    result(
      message,
      { protocolVersion: "2025-11-25", capabilities: CAPABILITIES, serverInfo: { name: "s", version: "1" } },
      { "mcp-session-id": "session-1" }
    ),
  "notifications/initialized": () => new HttpResponse(null, { status: 202 }),
  "tools/call": (message) => result(message, CALLED)
};

const COMPLETE = { resultType: "complete" };
const MODERN: Record<string, (message: Message) => Response> = {
  "server/discover": (message) =>
    result(message, {
      ...COMPLETE,
      supportedVersions: ["2026-07-28"],
      capabilities: CAPABILITIES,
      serverInfo: { name: "s", version: "1" },
      ttlMs: 60_000,
      cacheScope: "public"
    }),
  // Requested before a call, to learn which arguments must be mirrored in headers.
  "tools/list": (message) =>
    result(message, {
      ...COMPLETE,
      tools: [{ name: "echo", inputSchema: { type: "object" } }],
      ttlMs: 60_000,
      cacheScope: "public"
    }),
  "tools/call": (message) => result(message, { ...COMPLETE, ...CALLED })
};

/** No Environment is selected anywhere. */
const NONE_SELECTED: Environments = {
  requireReadable: () => undefined,
  current: () => undefined,
  fixed: () => undefined,
  known: { fresh: () => undefined, learn: () => Promise.resolve() },
  wantsRoots: () => false,
  useRoots: () => undefined,
  projectFolder: () => undefined,
  chooseForProject: () => Promise.reject(new Error("no Environment should be saved")),
  chooseForUser: () => Promise.reject(new Error("no Environment should be saved"))
};

function open(): Promise<Hosted> {
  return openHosted({
    url: new URL(`${network.origin}/mcp`),
    http: client,
    authorization: {
      token: () => Promise.resolve("first"),
      onUnauthorized: (challenge) => {
        refusedTokens.push(challenge.token);
        return canRenew
          ? Promise.resolve("second")
          : Promise.reject(new SignInNeededError("There is no refresh token."));
      },
      signIn: () => Promise.reject(new Error("no sign-in is expected"))
    },
    environments: NONE_SELECTED,
    account: () => "somebody",
    cacheDir,
    version: "0.0.0",
    log: createLog("silent", () => undefined)
  });
}

const toolCalls = (): Sent[] => sent.filter(({ message }) => message.method === "tools/call");

describe.each([
  ["legacy", LEGACY],
  ["modern", MODERN]
] as const)("the hosted client at a %s server", (era, answers) => {
  it("connects in the server's era and calls a tool with the era's request metadata", async () => {
    serve(answers);
    const hosted = await open();
    expect(await hosted.call("echo", { text: "x" })).toMatchObject(CALLED);
    const [call] = toolCalls();
    expect(call?.headers.get("authorization")).toBe("Bearer first");
    expect(call?.headers.get("mcp-session-id")).toBe(era === "legacy" ? "session-1" : null);
    expect(call?.headers.get("mcp-protocol-version")).toBe(era === "legacy" ? "2025-11-25" : "2026-07-28");
    expect(call?.headers.get("mcp-method")).toBe(era === "legacy" ? null : "tools/call");
    await hosted.close();
  });

  it("replaces a refused token once and retries the call with the new one [mcp.refused-token]", async () => {
    serve({
      ...answers,
      "tools/call": (message) =>
        toolCalls().length === 1
          ? new HttpResponse(null, { status: 401, headers: { "www-authenticate": "Bearer" } })
          : answers["tools/call"]!(message)
    });
    const hosted = await open();
    expect(await hosted.call("echo", {})).toMatchObject(CALLED);
    expect(refusedTokens).toEqual(["first"]);
    expect(toolCalls().map(({ headers }) => headers.get("authorization"))).toEqual([
      "Bearer first",
      "Bearer second"
    ]);
    await hosted.close();
  });

  it("reports the server's own challenge for a call that needs a sign-in [auth.challenge-used-once]", async () => {
    const wwwAuthenticate = 'Bearer scope="images"';
    serve({
      ...answers,
      "tools/call": () =>
        new HttpResponse(null, { status: 401, headers: { "www-authenticate": wwwAuthenticate } })
    });
    canRenew = false;
    const hosted = await open();
    await expect(hosted.call("echo", {})).rejects.toMatchObject({
      code: "sign_in_needed",
      challenge: { status: 401, wwwAuthenticate, token: "first" }
    });
    await hosted.close();
  });

  it("doesn't repeat a call that the server answers with 502 [mcp.cut-call-not-repeated]", async () => {
    serve({ ...answers, "tools/call": () => new HttpResponse(null, { status: 502 }) });
    const hosted = await open();
    await expect(hosted.call("echo", {})).rejects.toThrow();
    expect(toolCalls()).toHaveLength(1);
    await hosted.close();
  });

  it("waits if the server answers 429 with Retry-After [mcp.retry-after]", async () => {
    serve({
      ...answers,
      "tools/call": (message) =>
        toolCalls().length === 1
          ? new HttpResponse(null, { status: 429, headers: { "retry-after": "0" } })
          : answers["tools/call"]!(message)
    });
    const hosted = await open();
    expect(await hosted.call("echo", {})).toMatchObject(CALLED);
    await hosted.close();
  });
});
