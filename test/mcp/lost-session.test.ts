import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { interceptOnce, isCall } from "./intercept.ts";
import { Programs, textOf, until } from "./program.ts";

let hosted: Counterpart;
let programs: Programs;

beforeEach(() => {
  programs = new Programs();
});
afterEach(async () => {
  await programs.stop();
  await hosted.close();
});

async function open(era: "legacy" | "modern", start: object = {}): Promise<StdioDriver> {
  hosted = await startCounterpart(era);
  return programs.open({ url: hosted.url, ...start });
}

/** A call at a legacy server that has asked the agent a question, and the id of that question. */
async function askingCall() {
  hosted = await startCounterpart("legacy");
  const driver = programs.start({ url: hosted.url });
  await driver.initialize({ elicitation: { form: {} } });
  const asked = driver.next(({ method }) => method === "elicitation/create");
  const answer = driver.call("ask");
  return { driver, answer, id: (await asked).id };
}

it("reopens a forgotten session once, with the agent's subscriptions and log level [mcp.session-reopened]", async () => {
  const driver = await open("legacy");
  await driver.request("resources/subscribe", { uri: "test://note" });
  await driver.request("logging/setLevel", { level: "error" });
  hosted.subscribed.clear();
  hosted.forget();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, at) => driver.call("echo", { text: `${at}` }))
  );
  expect(answers.map(textOf)).toEqual(Array.from({ length: 20 }, (_, at) => `${at}`));
  await until(() => hosted.subscribed.has("test://note"));
  expect(hosted.seen.filter(({ body }) => body?.method === "initialize")).toHaveLength(2);
  expect(hosted.seen.filter(({ body }) => body?.method === "logging/setLevel")).toHaveLength(2);
});

it("reopens a session that the server reports missing with 400 in place of 404 [mcp.session-reopened]", async () => {
  const driver = await open("legacy");
  interceptOnce(
    hosted,
    (seen) => isCall(seen, "echo"),
    (res) => {
      const error = { code: -32000, message: "Bad Request: No valid session ID provided" };
      res.writeHead(400, { "content-type": "application/json" });
      res.end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
    }
  );
  expect(textOf(await driver.call("echo", { text: "again" }))).toBe("again");
});

it("fails a call that asked something in a forgotten session, and opens another session for the next [mcp.session-reopened]", async () => {
  const { driver, answer, id } = await askingCall();
  hosted.forget();
  driver.send({ id, result: { action: "accept", content: { name: "Robin" } } });
  expect(textOf(await answer)).toMatch(/may have been carried out/);
  expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  expect(hosted.seen.filter(({ body }) => body?.method === "initialize")).toHaveLength(2);
});

it("withdraws what was asked in a forgotten session when another call finds it gone [mcp.session-reopened]", async () => {
  const { driver, answer, id } = await askingCall();
  hosted.forget();
  const withdrawn = driver.notification("notifications/cancelled");
  expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  expect((await withdrawn).params).toMatchObject({ requestId: id });
  expect(textOf(await answer)).toMatch(/may have been carried out/);
});

it("fails a call that asks something in a forgotten session, where no response could reach it [mcp.session-reopened]", async () => {
  hosted = await startCounterpart("legacy");
  const driver = programs.start({ url: hosted.url });
  await driver.initialize({ elicitation: { form: {} } });
  let stream: ServerResponse | undefined;
  interceptOnce(
    hosted,
    (seen) => isCall(seen, "note"),
    (res) => void (stream = res).writeHead(200, { "content-type": "text/event-stream" }).flushHeaders()
  );
  const answer = driver.call("note", { text: "x" });
  await until(() => stream !== undefined);
  hosted.forget();
  expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  const params = { message: "Your name?", requestedSchema: { type: "object", properties: {} } };
  const question = { jsonrpc: "2.0", id: 1, method: "elicitation/create", params };
  stream!.write(`data: ${JSON.stringify(question)}\n\n`);
  expect(textOf(await answer)).toMatch(/may have been carried out/);
  expect(driver.messages.filter(({ method }) => method === "elicitation/create")).toEqual([]);
});

it("doesn't take a 404 for the notification stream as a forgotten session [mcp.session-reopened]", async () => {
  hosted = await startCounterpart("legacy");
  hosted.intercept = (req, res) => req.method === "GET" && Boolean(res.writeHead(404).end());
  const driver = programs.start({ url: hosted.url });
  await driver.initialize();
  await until(() => hosted.seen.some(({ method }) => method === "GET"));
  for (const text of ["a", "b", "c"]) expect(textOf(await driver.call("echo", { text }))).toBe(text);
  expect(hosted.seen.filter(({ body }) => body?.method === "initialize")).toHaveLength(1);
});

it("doesn't take a 404 for an unknown method as a forgotten session [mcp.session-reopened]", async () => {
  const driver = await open("legacy");
  hosted.intercept = (_req, res, { body }) => {
    if (body?.method !== "com.example/unknown") return false;
    res.writeHead(404, { "content-type": "application/json" });
    const error = { code: -32601, message: "Method not found" };
    res.end(JSON.stringify({ jsonrpc: "2.0", id: body.id, error }));
    return true;
  };
  expect((await driver.request("com.example/unknown")).error?.code).toBe(-32601);
  expect(hosted.seen.filter(({ body }) => body?.method === "initialize")).toHaveLength(1);
});

it("reopens a session when its notification stream meets the 404 [mcp.session-reopened]", async () => {
  const driver = await open("legacy");
  const isHeard = (): boolean =>
    driver.messages.some(({ method }) => method === "notifications/resources/updated");
  await until(() => (hosted.touch("test://note"), isHeard()));
  hosted.forget();
  hosted.cut();
  await until(() => hosted.seen.filter(({ body }) => body?.method === "initialize").length === 2);
  expect(textOf(await driver.call("echo", { text: "x" }))).toBe("x");
});

it("gives up when the server forgets every new session at once [mcp.session-reopened]", async () => {
  const driver = await open("legacy");
  hosted.intercept = (_req, res, seen) => isCall(seen, "echo") && Boolean(res.writeHead(404).end());
  expect((await driver.call("echo", { text: "x" })).result).toMatchObject({ isError: true });
  hosted.intercept = undefined;
  expect(textOf(await driver.call("echo", { text: "y" }))).toBe("y");
});

it("works after a sleep in which the sockets were cut and the session ended [mcp.session-reopened]", async () => {
  const driver = await open("legacy");
  driver.child.kill("SIGSTOP");
  hosted.forget();
  hosted.cut();
  driver.child.kill("SIGCONT");
  expect(textOf(await driver.call("echo", { text: "awake" }))).toBe("awake");
});
