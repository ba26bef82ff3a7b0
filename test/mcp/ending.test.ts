import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, it } from "vitest";
import { isCall } from "./intercept.ts";
import { openProgram, startHosted, startProgram, textOf, until } from "./program.ts";

it.each(["SIGTERM", "SIGINT"] as const)(
  "exits on %s, even with a call pending [mcp.ends]",
  async (signal) => {
    const hosted = await startHosted("legacy");
    const driver = await openProgram(hosted);
    void driver.call("wait");
    await until(() => hosted.seen.some((seen) => isCall(seen, "wait")));
    driver.child.kill(signal);
    expect(await driver.exited).toBe(0);
    expect(hosted.seen.some(({ method }) => method === "DELETE")).toBe(true);
  }
);

it("answers pending calls when stdin closes, and then exits [mcp.ends]", async () => {
  const driver = await openProgram(await startHosted("legacy"));
  const answers = Promise.all(Array.from({ length: 5 }, (_, at) => driver.call("echo", { text: `${at}` })));
  expect(await driver.end()).toBe(0);
  expect((await answers).map(textOf)).toEqual(["0", "1", "2", "3", "4"]);
});

it("exits when stdin closes while a call hangs [mcp.ends]", async () => {
  const driver = await openProgram(await startHosted("legacy"));
  void driver.call("wait");
  expect(await driver.end()).toBe(0);
});

it("exits when its stdout is closed [mcp.ends]", async () => {
  const driver = await openProgram(await startHosted("legacy"));
  driver.child.stdout!.destroy();
  driver.send({ id: 1, method: "ping" });
  driver.send({ id: 2, method: "ping" });
  expect(await driver.exited).toBe(0);
});

it("ends a hosted session that is still being opened when stdin closes [mcp.ends]", async () => {
  const hosted = await startHosted("legacy");
  await (await openProgram(hosted)).end();
  hosted.seen.length = 0;
  const driver = startProgram(hosted);
  await driver.initialize();
  hosted.intercept = (_req, _res, { body }) => {
    if (body?.method === "initialize") driver.child.stdin!.end();
    return false;
  };
  expect(await driver.exited).toBe(0);
  expect(hosted.seen.map(({ method, body }) => body?.method ?? method)).toContain("DELETE");
});

it("exits when stdin closes while its stdout is full and unread [mcp.ends]", async () => {
  const driver = await openProgram(await startHosted("legacy"));
  driver.child.stdout!.pause();
  for (let at = 0; at < 20; at++) driver.send({ id: `${at}`.padEnd(100_000, "x"), method: "ping" });
  driver.child.stdin!.end();
  const [code] = (await once(driver.child, "exit")) as [number];
  expect(code).toBe(0);
  // The last line was cut off, so the driver must not parse it.
  driver.child.stdout!.destroy();
});

it("exits within two seconds if calls hang and the server accepts no more connections [mcp.ends]", async () => {
  const hosted = await startHosted("legacy");
  const { port } = new URL(hosted.url);
  const door = createServer((socket) => socket.pipe(connect(Number(port), "127.0.0.1")).pipe(socket));
  await once(door.listen(0, "127.0.0.1"), "listening");
  const driver = await openProgram({ url: `http://127.0.0.1:${(door.address() as AddressInfo).port}/mcp` });
  for (let at = 0; at < 8; at++) void driver.call("wait");
  await until(() => hosted.seen.filter((seen) => isCall(seen, "wait")).length === 8);
  door.close();
  const from = Date.now();
  expect(await driver.end()).toBe(0);
  expect(Date.now() - from).toBeLessThan(2_000);
});

it("exits if the server doesn't answer the DELETE of its session [mcp.ends]", async () => {
  const hosted = await startHosted("legacy");
  const driver = await openProgram(hosted);
  hosted.intercept = (req) => req.method === "DELETE";
  expect(await driver.end()).toBe(0);
});
