import { describe, expect, it } from "vitest";
import type { Counterpart } from "../../sandbox/counterpart/counterpart.ts";
import { eventOf, isCall } from "./intercept.ts";
import { idle, memoryOf, memoryTaken } from "./memory.ts";
import { openProgram, startHosted, textOf } from "./program.ts";

/** Answers calls of `note` with an endless stream of chunks, written as fast as the program reads. */
function stream(hosted: Counterpart, chunk: string | (() => string)): void {
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    res.writeHead(200, { "content-type": "text/event-stream" });
    const pump = (): void => {
      while (!res.destroyed && res.write(typeof chunk === "string" ? chunk : chunk()));
    };
    res.on("drain", pump);
    pump();
    return true;
  };
}

it("cuts off a server's event that never ends, in bounded memory [mcp.bounded-memory]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  stream(hosted, "data: ".padEnd(64 * 1024, "x"));
  const taken = await memoryTaken(driver, async () =>
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/too large/)
  );
  expect(taken).toBeLessThan(150);
  expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
});

it("reads the server's notifications no faster than the agent does [mcp.bounded-memory]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  const before = memoryOf(driver);
  let sent = 0;
  const event = eventOf({ method: "notifications/message", params: { data: "x".repeat(1_000) } });
  driver.child.stdout!.pause();
  stream(hosted, () => {
    sent += event.length;
    return event;
  });
  void driver.call("note", { text: "x" });
  // The program has stopped reading when the server can send nothing more.
  for (let last = -1; last !== sent || sent === 0;) {
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(memoryOf(driver) - before).toBeLessThan(150);
  hosted.cut();
  driver.child.stdout!.resume();
  hosted.intercept = undefined;
  expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
});

const question = (method: string, at: number): string => eventOf({ id: `${at}`.padEnd(4_000, "x"), method });
const floods: [string, (at: number) => string, number][] = [
  ["pings", (at) => question("ping", at), 20_000],
  ["questions that the agent never answers", (at) => question("roots/list", at), 20_000],
  ["events that aren't messages, whose warnings are never read,", () => "data: 1\n\n", 1_500_000],
  ["short lines in one event", () => "data: x\n", 6_000_000]
];
it.each(floods)(
  "reads an endless stream of %s in bounded memory [mcp.bounded-memory]",
  async (_what, event, count) => {
    const hosted = await startHosted("legacy");
    const driver = await openProgram(hosted);
    driver.child.stderr!.pause();
    let sent = 0;
    stream(hosted, () => {
      if (sent >= count) hosted.cut();
      return Array.from({ length: 500 }, () => event(sent++)).join("");
    });
    expect(await memoryTaken(driver, () => driver.call("note", { text: "x" }))).toBeLessThan(150);
    hosted.intercept = undefined;
    expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  },
  120_000
);

it("fails a call answered by a batch of millions of values, in bounded memory [mcp.bounded-memory]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    res.writeHead(200, { "content-type": "application/json" }).end(`[${"1,".repeat(2_000_000)}1]`);
    return true;
  };
  const taken = await memoryTaken(driver, async () =>
    expect((await driver.call("note", { text: "x" })).result).toMatchObject({ isError: true })
  );
  expect(taken).toBeLessThan(150);
}, 120_000);

it("cuts off a server's JSON response that never ends [mcp.bounded-memory]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  hosted.intercept = (_req, res, seen) => {
    if (!isCall(seen, "note")) return false;
    res.writeHead(200, { "content-type": "application/json" });
    const pump = (): void => {
      while (!res.destroyed && res.write(" ".repeat(64 * 1024)));
    };
    res.on("drain", pump);
    pump();
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/too large/);
});

const MIB = 1024 * 1024;
const result = (id: unknown, inside: string): string =>
  `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${inside}}`;
const text = (bytes: number): string => `{"content":[{"type":"text","text":"${"x".repeat(bytes)}"}]}`;
const many: [string, (id: unknown) => string, number][] = [
  ["millions of empty objects", (id) => result(id, `{"content":[],"a":[${"{},".repeat(5 * MIB)}{}]}`), 1],
  ["objects that each have a different name", (id) => result(id, `{"a":[${names(400_000)}]}`), 1],
  ["an array nested a million deep", (id) => result(id, `{"a":${"[".repeat(MIB)}${"]".repeat(MIB)}}`), 1],
  ["one text of 15 MiB", (id) => result(id, text(15 * MIB)), 1],
  ["16 texts of 15 MiB", (id) => result(id, text(15 * MIB)), 16],
  ["60 texts of 1 MiB", (id) => result(id, text(MIB)), 60]
];

function names(count: number): string {
  return Array.from({ length: count }, (_, at) => `{"name ${at}":1}`).join(",");
}

describe.each(["application/json", "text/event-stream"])("responses as %s", (type) => {
  it.each(many)(
    "reads responses of %s in bounded memory [mcp.bounded-memory]",
    async (_what, body, count) => {
      const hosted = await startHosted("legacy");
      const driver = await openProgram(hosted);
      hosted.intercept = (_req, res, seen) => {
        if (!isCall(seen, "note")) return false;
        res.writeHead(200, { "content-type": type });
        const written = body(seen.body!.id);
        res.end(type === "text/event-stream" ? `data: ${written}\n\n` : written);
        return true;
      };
      const call = (): Promise<unknown> => driver.call("note", { text: "x" });
      const taken = await memoryTaken(driver, () => Promise.all(Array.from({ length: count }, call)));
      expect(taken).toBeLessThan(150);
      hosted.intercept = undefined;
      expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
    }
  );
});

const pages: [string, (at: number) => string][] = [
  ["tools of 1 MB", (at) => tools(at, 15, "x".repeat(1_000_000))],
  ["one tool of 15 MB", (at) => tools(at, 1, "x".repeat(15_000_000))],
  ["as many tools as a message can have", (at) => tools(at, 30_000, "x")],
  ["tools of 10 KB", (at) => tools(at, 1_000, "x".repeat(10_000))]
];

function tools(page: number, count: number, description: string): string {
  const schema = { type: "object" };
  return JSON.stringify(
    Array.from({ length: count }, (_, at) => ({ name: `t${page}_${at}`, description, inputSchema: schema }))
  );
}

it.each(pages)(
  "reads a tool list of 100 pages of %s in bounded memory [mcp.bounded-memory]",
  async (_, page) => {
    const hosted = await startHosted("legacy");
    const driver = await openProgram(hosted);
    await driver.request("tools/list");
    let asked = 0;
    hosted.intercept = (_req, res, { body }) => {
      if (body?.method !== "tools/list") return false;
      res.writeHead(200, { "content-type": "application/json" });
      const cursor = (asked += 1) < 100 ? `,"nextCursor":"${asked}"` : "";
      return Boolean(res.end(result(body.id, `{"tools":${page(asked)}${cursor}}`)));
    };
    // The stored list is shown first, and then the new one is read.
    const taken = await memoryTaken(driver, async () => {
      const changed = driver.notification("notifications/tools/list_changed");
      await driver.request("tools/list");
      await changed;
    });
    expect(asked).toBeGreaterThan(0);
    expect(taken).toBeLessThan(150);
  }
);

it.each(["gzip", "identity", "chunked, gzip", "gzip, chunked"])(
  "survives a server that hangs up in a response with Transfer-Encoding %s while the agent isn't reading [mcp.one-answer]",
  async (coding) => {
    const hosted = await startHosted("legacy");
    const driver = await openProgram(hosted);
    hosted.intercept = (req, _res, seen) => {
      if (!isCall(seen, "note")) return false;
      const head = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: ${coding}\r\n\r\n`;
      const params = { level: "info", data: "x".repeat(1_000) };
      const event = eventOf({ method: "notifications/message", params });
      req.socket.write(head);
      req.socket.end(event.repeat(3_000));
      return true;
    };
    driver.child.stdout!.pause();
    const answer = driver.call("note", { text: "x" });
    await idle(driver);
    driver.child.stdout!.resume();
    expect((await answer).result).toMatchObject({ isError: true });
    hosted.intercept = undefined;
    expect(textOf(await driver.call("echo", { text: "alive" }))).toBe("alive");
  }
);
