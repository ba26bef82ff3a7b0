import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { http, HttpResponse } from "msw";
import { setupServer } from "msw/node";
import {
  type DeviceAuthorization,
  pollDeviceCode,
  type Polling,
  requestDeviceCode
} from "../../src/auth/device-code.ts";
import type { GrantContext } from "../../src/auth/grants.ts";
import type { ServerMetadata } from "../../src/auth/metadata.ts";
import { ImgwireError, SignInNeededError, UnreachableError } from "../../src/errors.ts";

const AS = "https://as.example";
const server = setupServer();
beforeEach(() => server.listen({ onUnhandledRequest: "error" }));
afterEach(() => server.close());

/** `fetch` replaces the shared client, because msw answers it. Its errors become those of the client. */
const context: GrantContext & { server: ServerMetadata } = {
  fetch: (input, init) =>
    fetch(input, init).catch((cause: unknown) => {
      throw new UnreachableError("as.example cannot be reached", { cause });
    }),
  server: {
    issuer: AS,
    token_endpoint: `${AS}/token`,
    device_authorization_endpoint: `${AS}/device`
  },
  client: { source: "dynamic", client_id: "c1" },
  resource: "https://mcp.example/"
};

const ANSWER = { device_code: "CANARY-device", user_code: "ABCD-EFGH", verification_uri: `${AS}/d` };
const signal = new AbortController().signal;

async function intervalFor(more: object): Promise<DeviceAuthorization> {
  server.use(http.post(`${AS}/device`, () => HttpResponse.json({ ...ANSWER, ...more })));
  return requestDeviceCode(context, ["a", "b"]);
}

describe("requestDeviceCode", () => {
  it("requests a device code with client, scope and resource", async () => {
    let sent = "";
    server.use(
      http.post(`${AS}/device`, async ({ request }) => {
        sent = await request.text();
        return HttpResponse.json({ ...ANSWER, expires_in: 60 });
      })
    );
    await requestDeviceCode(context, ["a", "b"]);
    expect(Object.fromEntries(new URLSearchParams(sent))).toEqual({
      client_id: "c1",
      scope: "a b",
      resource: "https://mcp.example/"
    });
  });

  it.each([
    [{}, 5_000],
    [{ interval: 0 }, 5_000],
    [{ interval: -1 }, 5_000],
    [{ interval: "7" }, 5_000],
    [{ interval: null }, 5_000],
    [{ interval: 0.001 }, 1_000],
    [{ interval: 2 }, 2_000],
    [{ interval: 1e9 }, 60_000]
  ])("derives the polling interval from %j: %i ms", async (more, expected) => {
    expect((await intervalFor(more)).intervalMs).toBe(expected);
  });

  it.each([[{}], [{ expires_in: 0 }], [{ expires_in: -1 }], [{ expires_in: "x" }], [{ expires_in: 1e12 }]])(
    "gives the code a sensible lifetime if the server sends %j",
    async (more) => {
      const left = (await intervalFor(more)).expiresAt - Date.now();
      expect(left).toBeGreaterThan(500_000);
      expect(left).toBeLessThanOrEqual(600_000);
    }
  );

  it("rejects a device authorization response without a code", async () => {
    server.use(http.post(`${AS}/device`, () => HttpResponse.json({ user_code: "x" })));
    await expect(requestDeviceCode(context, [])).rejects.toMatchObject({ code: "device_refused" });
  });
});

/** Answers the polls in order. @returns the times of the polls */
function answers(...list: ("error" | { status: number; body: object })[]): { polls: number[] } {
  const seen: { polls: number[] } = { polls: [] };
  server.use(
    http.post(`${AS}/token`, () => {
      seen.polls.push(Date.now());
      const next = list.shift() ?? "error";
      return next === "error" ? HttpResponse.error() : HttpResponse.json(next.body, { status: next.status });
    })
  );
  return seen;
}

const refusedWith = (error: string) => ({ status: 400, body: { error } });
const GRANTED = { status: 200, body: { access_token: "CANARY-access", token_type: "Bearer" } };
const device = (more: Partial<Polling> = {}): Polling => ({
  deviceCode: "CANARY-device",
  polledAt: 0,
  expiresAt: Date.now() + 60_000,
  intervalMs: 1,
  ...more
});
const onPoll = () => Promise.resolve();

describe("pollDeviceCode", () => {
  it("keeps polling until the user confirms, even if the server fails, is down or sends nonsense", async () => {
    const seen = answers(
      refusedWith("authorization_pending"),
      { status: 503, body: {} },
      "error",
      { status: 200, body: { nonsense: true } },
      { status: 502, body: { error: "expired_token" } },
      GRANTED
    );
    expect((await pollDeviceCode(context, device(), onPoll, signal)).access_token).toBe("CANARY-access");
    expect(seen.polls).toHaveLength(6);
  });

  it("adds five seconds to the polling interval on slow_down", async () => {
    const seen = answers(refusedWith("slow_down"), GRANTED);
    await pollDeviceCode(context, device(), onPoll, signal);
    const [first = 0, second = 0] = seen.polls;
    expect(second - first).toBeGreaterThanOrEqual(5_000);
  });

  it.each([
    ["access_denied", "denied"],
    ["expired_token", "wasn't confirmed in time"]
  ])("stops polling with a clear error: %s", async (error, said) => {
    answers(refusedWith("authorization_pending"), refusedWith(error));
    const outcome = pollDeviceCode(context, device(), onPoll, signal);
    await expect(outcome).rejects.toThrow(said);
    await expect(outcome).rejects.toBeInstanceOf(SignInNeededError);
  });

  it("stops polling when the code expires, whatever the server says", async () => {
    answers();
    await expect(
      pollDeviceCode(context, device({ expiresAt: Date.now() + 30 }), onPoll, signal)
    ).rejects.toThrow("in time");
  });

  it("stops polling when the server no longer knows the client", async () => {
    answers(refusedWith("invalid_client"));
    await expect(pollDeviceCode(context, device(), onPoll, signal)).rejects.toBeInstanceOf(ImgwireError);
  });

  it("stops polling when it is cancelled", async () => {
    answers();
    const stop = new AbortController();
    const outcome = pollDeviceCode(
      context,
      device({ intervalMs: 60_000, polledAt: Date.now() }),
      onPoll,
      stop.signal
    );
    stop.abort();
    await expect(outcome).rejects.toMatchObject({ name: "AbortError" });
  });
});
