import { mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { discover } from "../src/auth/discovery.ts";
import { createFetch } from "../src/auth/fetch.ts";
import { RepeatLimit } from "../src/auth/repeat-limit.ts";
import { formatServerText } from "../src/auth/server-text.ts";
import { createLog, redact } from "../src/log.ts";
import { RequestQueue } from "../src/mcp/agent/request-queue.ts";
import { type Line, Stdio } from "../src/mcp/agent/stdio.ts";
import { Cookies } from "../src/system/cookies.ts";
import { BodyReader, parseMessages } from "../src/mcp/hosted/http/response-body.ts";
import { httpError } from "../src/mcp/hosted/http/errors.ts";
import { classifyStatus } from "../src/mcp/hosted/http/retry.ts";
import { Abort } from "../src/mcp/hosted/http/transport.ts";
import { annotatedHeaders } from "../src/mcp/protocol/request-headers.ts";
import { sanitizeServerInfo, sanitizeTools } from "../src/mcp/tools/sanitize.ts";
import { decodeContent } from "../src/system/content-coding.ts";
import type { HttpResponse } from "../src/system/exchange.ts";
import { createHttp, type Http } from "../src/system/http.ts";
import { inspect } from "../src/transfer/inspect.ts";
import { removeFolder } from "./support/folder.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const text = (length: number): string => "x".repeat(length);
const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });

/** A limit: what it bounds, its value, and whether a given amount passes. */
type Limit = [what: string, limit: number, passes: (amount: number) => unknown];

let server: Server;
let http: Http;
let origin: string;
beforeAll(async () => {
  // Answers with the number of bytes in the path.
  server = createServer((req, res) => res.end(Buffer.alloc(Number(req.url!.slice(1)), " ")));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  http = createHttp({}, true);
});
afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  server.close();
});

async function succeeds(action: () => unknown): Promise<boolean> {
  try {
    await action();
    return true;
  } catch {
    return false;
  }
}

const tool = (more: object): object => ({ name: "a", inputSchema: { type: "object" }, ...more });
const usable = (...tools: object[]): number => sanitizeTools(tools, "legacy", () => undefined).length;
/** A tool of the given number of characters. */
const toolOf = (length: number, name = "a"): object => {
  const rest = JSON.stringify(tool({ name, description: "" })).length;
  return tool({ name, description: text(length - rest) });
};

const OF_SERVERS: Limit[] = [
  ["values in one message", 200_000, (n) => succeeds(() => parseMessages(`{"a":[${"1,".repeat(n - 3)}1]}`))],
  ["messages in a batch", 1_000, (n) => parseMessages(`[${"1,".repeat(n - 1)}1]`).length === n],
  ["bytes of a message", 16 * MIB, (n) => succeeds(() => bodyOf(n))],
  ["bytes of an authorization server's answer", MIB, (n) => succeeds(() => fetchOf(n))],
  ["redirects to a server's metadata", 3, (n) => succeeds(() => discovery(n))],
  ["content codings", 2, (n) => succeeds(() => decoded(n))],
  ["cookies", 20, (n) => cookies(Array.from({ length: n }, (_, at) => `c${at}=1`)) === n],
  ["characters of a cookie", 4_096, (n) => cookies([`a=${text(n - 2)}`]) === 1],
  ["tools", 1_000, (n) => usable(...Array.from({ length: n }, (_, at) => tool({ name: `t${at}` }))) === n],
  ["characters of a tool's name", 128, (n) => usable(tool({ name: text(n) })) === 1],
  ["characters of a tool", 64 * KIB, (n) => usable(toolOf(n)) === 1],
  [
    "characters of all tools",
    MIB,
    (n) => {
      const full = Array.from({ length: 15 }, (_, at) => toolOf(64 * KIB, `t${at}`));
      return usable(...full, toolOf(n - 15 * 64 * KIB)) === 16;
    }
  ],
  ["levels of a tool", 100, (n) => usable(tool({ annotations: nested(n - 1) })) === 1],
  ["levels of a schema with headers", 64, (n) => "headers" in annotatedHeaders(nested(n + 1) as never)],
  ["characters of the instructions", 16 * KIB, (n) => instructions(n) === n],
  [
    "characters of a reason",
    300,
    (n) => httpError(400, JSON.stringify({ detail: text(n) })).message.includes(`${text(n)}.`)
  ],
  ["characters of an authorization server's text", 300, (n) => formatServerText(text(n)) === `: ${text(n)}`],
  ["seconds of Retry-After that are waited for", 30, (n) => waits(n, 1)],
  ["attempts at a request before the last", 3, (n) => waits(1, n)],
  ["sign-ins after refused tokens", 2, (n) => succeeds(() => repeated(n))]
];

async function bodyOf(bytes: number): Promise<unknown> {
  const abort = new Abort();
  const response = await http.exchange(new URL(`/${bytes}`, origin), {
    method: "GET",
    headers: {},
    signal: abort
  });
  return new BodyReader(() => undefined).text(response, (body) => body);
}

async function fetchOf(bytes: number): Promise<unknown> {
  return createFetch(http)(`${origin}/${bytes}`);
}

function discovery(redirects: number): Promise<unknown> {
  const issuer = "https://as.example";
  const metadata = {
    ...{ issuer, token_endpoint: `${issuer}/t`, authorization_endpoint: `${issuer}/a` },
    code_challenge_methods_supported: ["S256"]
  };
  const resource = { resource: "https://mcp.example/", authorization_servers: [issuer] };
  const fetch = (url: string): Promise<Response> => {
    if (url.startsWith("https://mcp.example")) return Promise.resolve(Response.json(resource));
    const hop = Number(new URL(url).searchParams.get("hop"));
    if (hop === redirects) return Promise.resolve(Response.json(metadata));
    return Promise.resolve(
      new Response(null, { status: 302, headers: { location: `/next?hop=${hop + 1}` } })
    );
  };
  const challenge = {
    resourceMetadata: undefined,
    scope: undefined,
    error: undefined,
    errorDescription: undefined
  };
  return discover(fetch, new URL("https://mcp.example/mcp"), challenge);
}

async function decoded(codings: number): Promise<void> {
  let body: Buffer = Buffer.from("{}");
  for (let at = 0; at < codings; at++) body = gzipSync(body);
  const parts = decodeContent(asyncOf(body), Array<string>(codings).fill("gzip"));
  for await (const part of parts) expect(part.toString()).toBe("{}");
}

// eslint-disable-next-line @typescript-eslint/require-await -- a body is an async iterable
async function* asyncOf(body: Buffer): AsyncGenerator<Buffer> {
  yield body;
}

function cookies(fields: string[]): number {
  const jar = new Cookies();
  jar.take({ headers: { "set-cookie": fields } } as unknown as HttpResponse);
  return jar.header().cookie?.split("; ").length ?? 0;
}

function instructions(length: number): number | undefined {
  const server = { capabilities: {}, serverInfo: undefined, instructions: text(length) };
  return sanitizeServerInfo(server, () => undefined).instructions?.length;
}

function waits(seconds: number, attempt: number): boolean {
  return "waitMs" in (classifyStatus(429, String(seconds), true, attempt) ?? {});
}

function repeated(times: number): void {
  const limit = new RepeatLimit();
  for (let at = 0; at < times; at++)
    limit.count({ status: 401, wwwAuthenticate: undefined, token: "CANARY" });
}

const OF_AGENTS: Limit[] = [
  ["bytes of a line", 16 * MIB, async (n) => "text" in (await lineOf(n))],
  ["pending requests", 512, (n) => queued(Array.from({ length: n }, () => 1))],
  ["bytes of pending requests", 8 * MIB, (n) => queued([MIB, n - MIB])],
  ["bytes of a file", 104_857_600, async (n) => (await inspected(n)) !== "file_too_large"]
];

function lineOf(bytes: number): Promise<Line> {
  const input = new PassThrough();
  return new Promise((resolve) => {
    new Stdio(input, new PassThrough()).start(
      (line) => (resolve(line), undefined),
      () => undefined
    );
    input.end(Buffer.alloc(bytes, "x"));
  });
}

/** Whether requests of these sizes may all start. */
function queued(sizes: readonly number[]): boolean {
  const queue = new RequestQueue(() => undefined);
  return sizes.every((size, id) => queue.admit({ jsonrpc: "2.0", id, method: "tools/call" }, text(size)));
}

/** The error code for a file of so many zeros. */
async function inspected(bytes: number): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "limits-"));
  const path = join(folder, "a.png");
  writeFileSync(path, "");
  truncateSync(path, bytes);
  const handle = await open(path);
  const outcome = await inspect({ path, handle, size: bytes, stamp: "" }).catch((error: unknown) => error);
  await handle.close();
  await removeFolder(folder);
  return (outcome as { code?: string }).code;
}

const OF_TEXTS: Limit[] = [
  [
    "characters that are searched for secrets",
    MIB,
    (n) => redact("- ".repeat(n / 2).padEnd(n, "-")).length === n
  ],
  ["characters of a line of the log", 64 * KIB, (n) => loggedChars(n) === n]
];

function loggedChars(length: number): number {
  let line = "";
  createLog("error", (written) => (line = written)).error("-".repeat(length));
  return [...line].filter((each) => each === "-").length;
}

describe.each([
  ["servers", OF_SERVERS],
  ["agents", OF_AGENTS],
  ["texts", OF_TEXTS]
] as const)("the limits for %s", (_, limits) => {
  it.each(limits)(
    "accepts exactly the limit for %s: %i pass, and one more doesn't [system.limits-exact]",
    async (_what, limit, passes) => {
      expect([await passes(limit), await passes(limit + 1)]).toEqual([true, false]);
    }
  );
});
