import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
import { Programs, textOf, until } from "./program.ts";

let hosted: Counterpart;
let programs: Programs;

beforeEach(async () => {
  programs = new Programs();
  hosted = await startCounterpart("legacy");
});
afterEach(async () => {
  await programs.stop();
  await hosted.close();
});

async function open(start: object = {}): Promise<StdioDriver> {
  return programs.open({ url: hosted.url, ...start });
}

it.each(["SIGTERM", "SIGINT"] as const)("ends on %s, even with a call pending [mcp.ends]", async (signal) => {
  const driver = await open();
  void driver.call("wait");
  await until(() => hosted.seen.some(({ body }) => body?.params?.["name"] === "wait"));
  driver.child.kill(signal);
  expect(await driver.exited).toBe(0);
  expect(hosted.seen.some(({ method }) => method === "DELETE")).toBe(true);
});

it("ends when stdin closes, after answering what can still be answered [mcp.ends]", async () => {
  const driver = await open();
  const answers = Promise.all(Array.from({ length: 5 }, (_, at) => driver.call("echo", { text: `${at}` })));
  expect(await driver.end()).toBe(0);
  expect((await answers).map(textOf)).toEqual(["0", "1", "2", "3", "4"]);
});

it("ends when stdin closes while a call hangs [mcp.ends]", async () => {
  const driver = await open();
  void driver.call("wait");
  expect(await driver.end()).toBe(0);
});

it("ends when its stdout is closed [mcp.ends]", async () => {
  const driver = await open();
  driver.child.stdout!.destroy();
  driver.send({ id: 1, method: "ping" });
  driver.send({ id: 2, method: "ping" });
  expect(await driver.exited).toBe(0);
});

it("ends the hosted session that is still being opened when stdin closes [mcp.ends]", async () => {
  await (await open()).end();
  hosted.seen.length = 0;
  const driver = programs.start({ url: hosted.url });
  await driver.initialize();
  hosted.intercept = (_req, _res, { body }) => {
    if (body?.method === "initialize") driver.child.stdin!.end();
    return false;
  };
  expect(await driver.exited).toBe(0);
  expect(hosted.seen.map(({ method, body }) => body?.method ?? method)).toContain("DELETE");
});

it("ends when stdin closes while its stdout is full and unread [mcp.ends]", async () => {
  const driver = await open();
  driver.child.stdout!.pause();
  for (let at = 0; at < 20; at++) driver.send({ id: `${at}`.padEnd(100_000, "x"), method: "ping" });
  driver.child.stdin!.end();
  const [code] = (await once(driver.child, "exit")) as [number];
  expect(code).toBe(0);
  // The last line was cut off: it is not for the driver to read.
  driver.child.stdout!.destroy();
});

it("ends within two seconds when calls hang and the server accepts no more connections [mcp.ends]", async () => {
  const { port } = new URL(hosted.url);
  const door = createServer((socket) => socket.pipe(connect(Number(port), "127.0.0.1")).pipe(socket));
  await once(door.listen(0, "127.0.0.1"), "listening");
  const driver = await open({ url: `http://127.0.0.1:${(door.address() as AddressInfo).port}/mcp` });
  for (let at = 0; at < 8; at++) void driver.call("wait");
  await until(() => hosted.seen.filter(({ body }) => body?.params?.["name"] === "wait").length === 8);
  door.close();
  const from = Date.now();
  expect(await driver.end()).toBe(0);
  expect(Date.now() - from).toBeLessThan(2_000);
});

it("ends when the server doesn't answer the DELETE of its session [mcp.ends]", async () => {
  const driver = await open();
  hosted.intercept = (req) => req.method === "DELETE";
  expect(await driver.end()).toBe(0);
});
