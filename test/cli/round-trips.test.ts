import { afterEach, expect, it } from "vitest";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { baseEnv, imgwire } from "../support/program.ts";
import { freshFolder } from "../transfer/samples.ts";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of cleanUp.splice(0)) await each();
});

/** Starts a server of this era. `requestsOf` runs a command and returns the methods that it requested. */
async function begin(era: "legacy" | "modern") {
  const [hosted, folder] = await Promise.all([startCounterpart(era), freshFolder()]);
  cleanUp.push(
    () => hosted.close(),
    () => folder.remove()
  );
  const env = baseEnv({
    IMGWIRE_MCP_URL: hosted.url,
    IMGWIRE_ACCESS_TOKEN: "token",
    IMGWIRE_CONFIG_DIR: folder.path
  });
  const requestsOf = async (...args: string[]): Promise<string[]> => {
    hosted.seen.length = 0;
    expect(await imgwire(args, env)).toMatchObject({ code: 0 });
    return methodsSeen(hosted);
  };
  return { hosted, requestsOf };
}

function methodsSeen({ seen }: Counterpart): string[] {
  return seen.map(({ method, body }) => body?.method ?? String(method));
}

const ECHO = ["call", "echo", "--args", '{"text":"a"}'];
const LIST = ["tools", "--json"];

it("doesn't ask a modern server again for what an earlier command has learned [cli.round-trips]", async () => {
  const { requestsOf } = await begin("modern");
  expect(await requestsOf(...ECHO)).toEqual(["server/discover", "tools/list", "tools/call"]);
  expect(await requestsOf(...ECHO)).toEqual(["tools/call"]);
  expect(await requestsOf(...LIST)).toEqual(["tools/list"]);
});

it("lists a modern server's tools once for as long as their ttlMs [cli.round-trips]", async () => {
  const { hosted, requestsOf } = await begin("modern");
  const tools = [{ name: "echo", inputSchema: { type: "object" } }];
  const result = { resultType: "complete", tools, ttlMs: 600_000, cacheScope: "private" };
  hosted.intercept = (_req, res, { body }) => {
    if (body?.method !== "tools/list") return false;
    res.setHeader("content-type", "application/json");
    res.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, result }));
    return true;
  };
  expect(await requestsOf(...LIST)).toEqual(["server/discover", "tools/list"]);
  expect(await requestsOf(...LIST)).toEqual([]);
  expect(await requestsOf(...ECHO)).toEqual(["tools/call"]);
});

it("opens a session and no stream with a legacy server, and tries the other era once [cli.round-trips]", async () => {
  const { requestsOf } = await begin("legacy");
  const session = ["initialize", "notifications/initialized", "tools/call", "DELETE"];
  expect(await requestsOf(...ECHO)).toEqual(["server/discover", ...session]);
  expect(await requestsOf(...ECHO)).toEqual(session);
});

it("detects that a legacy server has replaced a modern one [cli.round-trips]", async () => {
  const { hosted, requestsOf } = await begin("modern");
  await requestsOf(...ECHO);
  await hosted.close();
  const legacy = await startCounterpart("legacy", Number(new URL(hosted.url).port));
  cleanUp.push(() => legacy.close());
  await requestsOf(...ECHO);
  expect(methodsSeen(legacy)).toEqual([
    "tools/call",
    "server/discover",
    ...["initialize", "notifications/initialized", "tools/call", "DELETE"]
  ]);
});
