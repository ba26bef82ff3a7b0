import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { type Counterpart, type Seen, startCounterpart } from "../../sandbox/counterpart/counterpart.ts";
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
  const driver = programs.start({ url: hosted.url, ...start });
  await driver.initialize();
  await driver.call("echo", { text: "open" });
  return driver;
}

function isCall({ body }: Seen, name: string): boolean {
  return body?.method === "tools/call" && body.params?.["name"] === name;
}

/** Does something to the first request that matches, in place of the server. */
function once(matches: (seen: Seen) => boolean, act: (res: ServerResponse, seen: Seen) => void): void {
  hosted.intercept = (_req, res, seen) => {
    if (!matches(seen)) return false;
    hosted.intercept = undefined;
    act(res, seen);
    return true;
  };
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

describe("a hosted session that the server has forgotten", () => {
  it("is opened again once, invisibly, with what the agent had asked for", async () => {
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

  it("is opened again where the server says 400 in place of 404", async () => {
    const driver = await open("legacy");
    once(
      (seen) => isCall(seen, "echo"),
      (res) => {
        const error = { code: -32000, message: "Bad Request: No valid session ID provided" };
        res.writeHead(400, { "content-type": "application/json" });
        res.end(JSON.stringify({ jsonrpc: "2.0", error, id: null }));
      }
    );
    expect(textOf(await driver.call("echo", { text: "again" }))).toBe("again");
  });

  it("fails the call whose question was asked in it, and another one is opened for the next call", async () => {
    const { driver, answer, id } = await askingCall();
    hosted.forget();
    driver.send({ id, result: { action: "accept", content: { name: "Robin" } } });
    expect(textOf(await answer)).toMatch(/may have been carried out/);
    expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
    expect(hosted.seen.filter(({ body }) => body?.method === "initialize")).toHaveLength(2);
  });

  it("takes back the questions that were asked in it, when it is another call that finds out", async () => {
    const { driver, answer, id } = await askingCall();
    hosted.forget();
    const withdrawn = driver.notification("notifications/cancelled");
    expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
    expect((await withdrawn).params).toMatchObject({ requestId: id });
    expect(textOf(await answer)).toMatch(/may have been carried out/);
  });

  it("fails a call that goes on in it and asks a question: no answer would find its way back", async () => {
    hosted = await startCounterpart("legacy");
    const driver = programs.start({ url: hosted.url });
    await driver.initialize({ elicitation: { form: {} } });
    let stream: ServerResponse | undefined;
    once(
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

  it("is not what a server means that answers 404 because it has no stream to listen to", async () => {
    hosted = await startCounterpart("legacy");
    hosted.intercept = (req, res) => req.method === "GET" && Boolean(res.writeHead(404).end());
    const driver = programs.start({ url: hosted.url });
    await driver.initialize();
    await until(() => hosted.seen.some(({ method }) => method === "GET"));
    for (const text of ["a", "b", "c"]) expect(textOf(await driver.call("echo", { text }))).toBe(text);
    expect(hosted.seen.filter(({ body }) => body?.method === "initialize")).toHaveLength(1);
  });

  it("is not what a server means that answers 404 because it has no such method", async () => {
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

  it("is opened again when it is the stream that meets the 404", async () => {
    const driver = await open("legacy");
    const isHeard = (): boolean =>
      driver.messages.some(({ method }) => method === "notifications/resources/updated");
    await until(() => (hosted.touch("test://note"), isHeard()));
    hosted.forget();
    hosted.cut();
    await until(() => hosted.seen.filter(({ body }) => body?.method === "initialize").length === 2);
    expect(textOf(await driver.call("echo", { text: "x" }))).toBe("x");
  });

  it("is given up when the server forgets every new one at once", async () => {
    const driver = await open("legacy");
    hosted.intercept = (_req, res, seen) => isCall(seen, "echo") && Boolean(res.writeHead(404).end());
    expect((await driver.call("echo", { text: "x" })).result).toMatchObject({ isError: true });
    hosted.intercept = undefined;
    expect(textOf(await driver.call("echo", { text: "y" }))).toBe("y");
  });
});

describe.each(["legacy", "modern"] as const)("a connection to a %s server", (era) => {
  it("that is cut during a call fails the call, which is not repeated", async () => {
    const driver = await open(era);
    let arrived = 0;
    hosted.intercept = (_req, res, seen) => {
      if (!isCall(seen, "note")) return false;
      arrived++;
      res.destroy();
      return true;
    };
    const answer = await driver.call("note", { text: "once" });
    expect(answer.result).toMatchObject({ isError: true });
    expect(textOf(answer)).toMatch(/may have been carried out/);
    expect(arrived).toBe(1);
    hosted.intercept = undefined;
    expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  });

  it.each([
    ["a length", { "content-length": "100" }],
    ["chunks", {}]
  ])(
    "that is cut in an answer sent with %s has the agent told that the call may have run",
    async (_with, fields) => {
      const driver = await open(era);
      once(
        (seen) => isCall(seen, "note"),
        (res) => {
          res.writeHead(200, { "content-type": "application/json", ...fields });
          res.write('{"jsonrpc":', () => res.destroy());
        }
      );
      expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/may have been carried out/);
      expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(1);
    }
  );

  it("that is cut during a read is made again", async () => {
    const driver = await open(era);
    once(
      ({ body }) => body?.method === "resources/read",
      (res) => res.destroy()
    );
    const answer = await driver.request("resources/read", { uri: "test://note" });
    expect(answer.result).toMatchObject({ contents: [{ text: "a note" }] });
  });

  it("that hangs when it is being opened has the call fail, and works later", async () => {
    hosted = await startCounterpart(era);
    const last = era === "legacy" ? "notifications/initialized" : "server/discover";
    hosted.intercept = (_req, _res, { body }) => body?.method === last;
    const driver = programs.start({ url: hosted.url, bounds: { idleCallMs: 300 } });
    await driver.initialize();
    expect((await driver.call("echo", { text: "x" })).result).toMatchObject({ isError: true });
    hosted.intercept = undefined;
    expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  });

  it.each([429, 503])("waits where the server answers %i and says for how long", async (status) => {
    const driver = await open(era);
    once(
      (seen) => isCall(seen, "note"),
      (res) => res.writeHead(status, { "retry-after": "0" }).end()
    );
    expect(textOf(await driver.call("note", { text: "late" }))).toBe("noted");
    expect(hosted.notes).toEqual(["late"]);
  });

  it("does not wait an hour", async () => {
    const driver = await open(era);
    once(
      (seen) => isCall(seen, "note"),
      (res) => res.writeHead(429, { "retry-after": "3600" }).end()
    );
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/Try again in 3600 seconds/);
    expect(hosted.notes).toEqual([]);
  });

  it.each([502, 503, 504])(
    "does not repeat a call that may have run before a %i, and says so",
    async (status) => {
      const driver = await open(era);
      hosted.intercept = (_req, res, seen) => isCall(seen, "note") && Boolean(res.writeHead(status).end());
      const answer = await driver.call("note", { text: "x" });
      expect(answer.result).toMatchObject({ isError: true });
      expect(textOf(answer)).toMatch(/may have been carried out/);
      expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(1);
    }
  );

  it("says so when nobody is there, and recovers by itself", async () => {
    const driver = await open(era);
    const port = new URL(hosted.url).port;
    await hosted.close();
    const answer = await driver.call("echo", { text: "x" });
    expect(textOf(answer)).toMatch(/cannot be reached/);
    hosted = await startCounterpart(era, Number(port));
    expect(textOf(await driver.call("echo", { text: "back" }))).toBe("back");
  });

  it("gives up a call of which nothing is heard, though its stream drips", async () => {
    const driver = await open(era, { bounds: { idleCallMs: 300 } });
    let dripping: NodeJS.Timeout | undefined;
    once(
      (seen) => isCall(seen, "note"),
      (res) => {
        res.writeHead(200, { "content-type": "text/event-stream" });
        dripping = setInterval(() => res.write(": still here\n\n"), 20);
        res.on("close", () => clearInterval(dripping));
      }
    );
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/silent/);
    clearInterval(dripping);
    expect(textOf(await driver.call("echo", { text: "next" }))).toBe("next");
  });

  it("does not give up a call for the time that the machine has slept", async () => {
    const driver = await open(era, { bounds: { idleCallMs: 300 } });
    let respond: (() => void) | undefined;
    once(
      (seen) => isCall(seen, "note"),
      (res, { body }) => {
        respond = () => {
          const result = { resultType: "complete", content: [{ type: "text", text: "meanwhile" }] };
          res.writeHead(200, { "content-type": "application/json" });
          res.end(JSON.stringify({ jsonrpc: "2.0", id: body?.id, result }));
        };
      }
    );
    const answer = driver.call("note", { text: "x" });
    await until(() => respond !== undefined);
    driver.child.kill("SIGSTOP");
    respond!();
    await new Promise((resolve) => setTimeout(resolve, 900));
    driver.child.kill("SIGCONT");
    expect(textOf(await answer)).toBe("meanwhile");
  });

  it("does not give up a call while the agent is being asked", async () => {
    hosted = await startCounterpart(era);
    const driver = programs.start({ url: hosted.url, bounds: { idleCallMs: 300 } });
    await driver.initialize({ elicitation: {} });
    const asked = driver.next(({ method }) => method === "elicitation/create");
    const answer = driver.call("ask");
    const { id } = await asked;
    // Its time would be up before that of a call that comes later.
    expect(textOf(await driver.call("wait"))).toMatch(/silent/);
    driver.send({ id, result: { action: "accept", content: { name: "Robin" } } });
    expect(textOf(await answer)).toMatch(/^hello Robin/);
  });

  it("sends nothing to where a redirect points", async () => {
    const driver = await open(era);
    const elsewhere = await listen();
    once(
      (seen) => isCall(seen, "note"),
      (res) => res.writeHead(307, { location: elsewhere.url }).end()
    );
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/redirect/);
    expect(elsewhere.requests).toBe(0);
    elsewhere.server.close();
  });

  it("asks for a new token once when refused, and then says so", async () => {
    const driver = await open(era);
    hosted.intercept = (_req, res, seen) => isCall(seen, "note") && Boolean(res.writeHead(401).end());
    expect((await driver.call("note", { text: "x" })).result).toMatchObject({ isError: true });
    expect(hosted.seen.filter((seen) => isCall(seen, "note")).length).toBeLessThanOrEqual(2);
    expect(driver.lines.join() + driver.stderr).not.toContain("CANARY");
  });
});

it.each([
  ["legacy", "initialize"],
  ["modern", "server/discover"]
] as const)("does not make a call at a %s server that was cancelled before", async (era, opening) => {
  // The first process leaves a snapshot, so that the second one answers the handshake before it is connected.
  await open(era);
  let release: (() => void) | undefined;
  hosted.intercept = (_req, res, { body }) => {
    if (body?.method !== opening || release) return false;
    release = () => res.writeHead(503, { "retry-after": "0" }).end();
    return true;
  };
  const driver = programs.start({ url: hosted.url });
  await driver.initialize();
  await until(() => release !== undefined);
  driver.send({ id: "gone", method: "tools/call", params: { name: "note", arguments: { text: "gone" } } });
  driver.send({ method: "notifications/cancelled", params: { requestId: "gone" } });
  const kept = driver.call("note", { text: "kept" });
  await driver.request("ping");
  release!();
  expect(textOf(await kept)).toBe("noted");
  expect(textOf(await driver.call("note", { text: "next" }))).toBe("noted");
  expect(hosted.notes).toEqual(["kept", "next"]);
});

it("does not make a call that was cancelled while it waited for its turn", async () => {
  const driver = await open("legacy");
  const held: ServerResponse[] = [];
  const cancelled: ServerResponse[] = [];
  hosted.intercept = (_req, res, seen) => {
    const waits = isCall(seen, "wait");
    if (waits) held.push(res);
    else if (seen.body?.method === "notifications/cancelled") cancelled.push(res);
    else return false;
    return true;
  };
  for (let at = 0; at < 32; at++) void driver.call("wait");
  await until(() => held.length === 32);
  driver.send({ id: "gone", method: "tools/call", params: { name: "note", arguments: { text: "gone" } } });
  const kept = driver.call("note", { text: "kept" });
  await driver.request("ping");
  driver.send({ method: "notifications/cancelled", params: { requestId: "gone" } });
  await until(() => cancelled.length === 1);
  for (const res of held) res.writeHead(500).end();
  expect(textOf(await kept)).toBe("noted");
  expect(hosted.notes).toEqual(["kept"]);
  for (const res of cancelled) res.writeHead(202).end();
});

it("resumes a cut stream where the server has said how", async () => {
  const driver = await open("legacy");
  let id: unknown;
  hosted.intercept = (req, res, seen) => {
    if (isCall(seen, "note")) {
      id = seen.body!.id;
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.end("id: 7\nretry: 10\ndata: \n\n");
      return true;
    }
    if (req.headers["last-event-id"] !== "7") return false;
    res.writeHead(200, { "content-type": "text/event-stream" });
    const result = { content: [{ type: "text", text: "resumed" }] };
    res.end(`id: 8\ndata: ${JSON.stringify({ jsonrpc: "2.0", id, result })}\n\n`);
    return true;
  };
  expect(textOf(await driver.call("note", { text: "x" }))).toBe("resumed");
  expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(1);
});

it.each([
  ["wants another sign-in", 401, {}],
  ["has forgotten the stream", 404, {}],
  ["wants to be left alone", 429, { "retry-after": "3600" }]
])(
  "says that a call may have run where the server %s when its stream is resumed",
  async (_what, status, fields) => {
    const driver = await open("legacy");
    hosted.intercept = (req, res, seen) => {
      if (isCall(seen, "note")) {
        res.writeHead(200, { "content-type": "text/event-stream" }).end("id: 7\nretry: 10\ndata: \n\n");
        return true;
      }
      return req.headers["last-event-id"] === "7" && Boolean(res.writeHead(status, fields).end());
    };
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/may have been carried out/);
    expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(1);
  }
);

it("resumes a cut stream in the session it began in, though another one has been opened", async () => {
  const driver = await open("legacy");
  let cut: (() => void) | undefined;
  once(
    (seen) => isCall(seen, "note"),
    (res) => {
      res.writeHead(200, { "content-type": "text/event-stream" }).write("id: 7\nretry: 10\ndata: \n\n");
      cut = () => res.end();
    }
  );
  const answer = driver.call("note", { text: "x" });
  await until(() => cut !== undefined);
  hosted.forget();
  await driver.call("echo", { text: "in another session" });
  cut!();
  expect(textOf(await answer)).toMatch(/may have been carried out/);
  const sessionOf = (seen: Seen | undefined): unknown => seen?.headers["mcp-session-id"];
  const resumed = hosted.seen.find(({ headers }) => headers["last-event-id"] === "7");
  expect(sessionOf(resumed)).toBe(sessionOf(hosted.seen.find((seen) => isCall(seen, "note"))));
});

it("works after a long sleep in which the sockets were cut and the session ended", async () => {
  const driver = await open("legacy");
  driver.child.kill("SIGSTOP");
  hosted.forget();
  hosted.cut();
  driver.child.kill("SIGCONT");
  expect(textOf(await driver.call("echo", { text: "awake" }))).toBe("awake");
});

it("listens once, and makes no call twice, where a modern server refuses calls with a status of HTTP", async () => {
  const driver = await open("modern");
  const listens = ({ body }: Seen): boolean => body?.method === "subscriptions/listen";
  await until(() => hosted.seen.some(listens));
  hosted.cut();
  let listening = 0;
  hosted.intercept = (_req, res, seen) => {
    if (listens(seen)) {
      listening++;
      res.on("close", () => listening--);
    }
    return isCall(seen, "note") && Boolean(res.writeHead(413).end("too large"));
  };
  await until(() => listening === 1);
  for (let at = 0; at < 3; at++)
    expect(textOf(await driver.call("note", { text: "x" }))).toMatch(/status 413/);
  await until(() => hosted.seen.filter(listens).length >= 4 && listening === 1);
  expect(hosted.seen.filter((seen) => isCall(seen, "note"))).toHaveLength(3);
});

describe("a server that was replaced by one of the other era", () => {
  it.each([
    ["legacy", "modern"],
    ["modern", "legacy"]
  ] as const)("is spoken with anew: from %s to %s", async (before, after) => {
    const driver = await open(before);
    const port = Number(new URL(hosted.url).port);
    await hosted.close();
    hosted = await startCounterpart(after, port);
    expect(textOf(await driver.call("echo", { text: "new" }))).toBe("new");
  });

  it("is not listened to any more over what was open before", async () => {
    hosted = await startCounterpart("modern");
    let listening = 0;
    hosted.intercept = (_req, res, seen) => {
      if (isCall(seen, "note")) return Boolean(res.writeHead(413).end());
      if (seen.body?.method !== "subscriptions/listen") return false;
      listening++;
      res.on("close", () => listening--);
      return false;
    };
    const driver = programs.start({ url: hosted.url });
    await driver.initialize();
    driver.send({ id: "waiting", method: "tools/call", params: { name: "wait", arguments: {} } });
    await until(() => listening === 1 && hosted.seen.some((seen) => isCall(seen, "wait")));
    for (const text of ["a", "b"])
      expect((await driver.call("note", { text })).result).toMatchObject({ isError: true });
    expect(textOf(await driver.call("echo", { text: "x" }))).toBe("x");
    await until(() => listening === 1);
    // What was under way is not given up with the connection it is under way on.
    driver.send({ method: "notifications/cancelled", params: { requestId: "waiting" } });
    await until(() => hosted.cancelled.length === 1);
    expect(driver.messages.some(({ id }) => id === "waiting")).toBe(false);
  });

  it("is found out by the next process, which remembers", async () => {
    const driver = await open("legacy");
    await driver.end();
    const again = programs.start({ url: hosted.url });
    hosted.seen.length = 0;
    await again.initialize();
    await again.call("echo", { text: "x" });
    expect(hosted.seen.some(({ body }) => body?.method === "server/discover")).toBe(false);
    await again.end();
    const port = Number(new URL(hosted.url).port);
    await hosted.close();
    hosted = await startCounterpart("modern", port);
    const third = programs.start({ url: hosted.url });
    await third.initialize();
    expect(textOf(await third.call("echo", { text: "modern" }))).toBe("modern");
  });
});

interface Elsewhere {
  url: string;
  requests: number;
  server: Server;
}

async function listen(): Promise<Elsewhere> {
  const elsewhere = { requests: 0 } as Elsewhere;
  elsewhere.server = createServer((_req, res) => {
    elsewhere.requests++;
    res.end();
  });
  await new Promise<void>((resolve) => elsewhere.server.listen(0, "127.0.0.1", resolve));
  elsewhere.url = `http://127.0.0.1:${(elsewhere.server.address() as AddressInfo).port}/`;
  return elsewhere;
}
