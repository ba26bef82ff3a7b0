import type { ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { eventOf, interceptOnce, isCall, respond } from "./intercept.ts";
import { openProgram, startHosted, startProgram, textOf, until } from "./program.ts";

/**
 * Makes a call during which a legacy server asks the agent a question. @returns the id of the question too
 */
async function askingCall() {
  const hosted = await startHosted("legacy");
  const driver = startProgram(hosted);
  await driver.initialize({ elicitation: { form: {} } });
  const asked = driver.next(({ method }) => method === "elicitation/create");
  const answer = driver.call("ask");
  return { hosted, driver, answer, id: (await asked).id };
}

it("reopens a forgotten session once, with the agent's subscriptions and log level [mcp.session-reopened]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
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

it("reopens a session that the server reports as missing with 400 instead of 404 [mcp.session-reopened]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
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

it("fails a call whose question was asked in a session that is gone, and opens a new one for the next call [mcp.session-reopened]", async () => {
  const { hosted, driver, answer, id } = await askingCall();
  hosted.forget();
  driver.send({ id, result: { action: "accept", content: { name: "Robin" } } });
  expect(textOf(await answer)).toMatch(/may have been carried out/);
  expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  expect(hosted.seen.filter(({ body }) => body?.method === "initialize")).toHaveLength(2);
});

it("withdraws a forgotten session's question when another call finds the session gone [mcp.session-reopened]", async () => {
  const { hosted, driver, answer, id } = await askingCall();
  hosted.forget();
  const withdrawn = driver.notification("notifications/cancelled");
  expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  expect((await withdrawn).params).toMatchObject({ requestId: id });
  expect(textOf(await answer)).toMatch(/may have been carried out/);
});

it("fails a call that asks a question in a forgotten session, because no response could reach the server [mcp.session-reopened]", async () => {
  const hosted = await startHosted("legacy");
  const driver = startProgram(hosted);
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
  stream!.write(eventOf({ id: 1, method: "elicitation/create", params }));
  expect(textOf(await answer)).toMatch(/may have been carried out/);
  expect(driver.messages.filter(({ method }) => method === "elicitation/create")).toEqual([]);
});

it("doesn't mistake a 404 for the notification stream for a forgotten session [mcp.session-reopened]", async () => {
  const hosted = await startHosted("legacy");
  hosted.intercept = (req, res) => req.method === "GET" && Boolean(res.writeHead(404).end());
  const driver = startProgram(hosted);
  await driver.initialize();
  await until(() => hosted.seen.some(({ method }) => method === "GET"));
  for (const text of ["a", "b", "c"]) expect(textOf(await driver.call("echo", { text }))).toBe(text);
  expect(hosted.seen.filter(({ body }) => body?.method === "initialize")).toHaveLength(1);
});

it("doesn't mistake a 404 for an unknown method for a forgotten session [mcp.session-reopened]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  const error = { code: -32601, message: "Method not found" };
  hosted.intercept = (_req, res, seen) =>
    seen.body?.method === "com.example/unknown" && respond(res, seen, { error }, 404);
  expect((await driver.request("com.example/unknown")).error?.code).toBe(-32601);
  expect(hosted.seen.filter(({ body }) => body?.method === "initialize")).toHaveLength(1);
});

it("reopens a session when its notification stream gets a 404 [mcp.session-reopened]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  const isUpdated = (): boolean =>
    driver.messages.some(({ method }) => method === "notifications/resources/updated");
  await until(() => (hosted.touch("test://note"), isUpdated()));
  hosted.forget();
  hosted.cut();
  await until(() => hosted.seen.filter(({ body }) => body?.method === "initialize").length === 2);
  expect(textOf(await driver.call("echo", { text: "x" }))).toBe("x");
});

it("gives up if the server immediately forgets every new session [mcp.session-reopened]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  hosted.intercept = (_req, res, seen) => isCall(seen, "echo") && Boolean(res.writeHead(404).end());
  expect((await driver.call("echo", { text: "x" })).result).toMatchObject({ isError: true });
  hosted.intercept = undefined;
  expect(textOf(await driver.call("echo", { text: "y" }))).toBe("y");
});

it("works after a sleep in which the sockets were cut and the session ended [mcp.session-reopened]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  driver.child.kill("SIGSTOP");
  hosted.forget();
  hosted.cut();
  driver.child.kill("SIGCONT");
  expect(textOf(await driver.call("echo", { text: "awake" }))).toBe("awake");
});
