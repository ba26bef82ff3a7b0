import { describe, expect, it } from "vitest";
import { UnreachableError } from "../../src/errors.ts";
import { classifyFailure, classifyStatus, MAX_ATTEMPTS } from "../../src/mcp/hosted/http/retry.ts";
import { parseRetryAfter } from "../../src/system/retry-after.ts";

const failure = (code: string): Error => Object.assign(new Error(code), { code });

describe("a failed request", () => {
  it.each(["ECONNREFUSED", "ENOTFOUND", "UND_ERR_CONNECT_TIMEOUT"])(
    "retries a request that never arrived (%s)",
    (code) => {
      expect(classifyFailure(failure(code), false, 1)).toHaveProperty("waitMs");
      expect(classifyFailure(failure(code), true, 1)).toHaveProperty("waitMs");
    }
  );

  it.each(["ECONNRESET", "UND_ERR_SOCKET", "EPIPE", ""])(
    "retries a request that may have arrived (%s) only if it is safe to repeat",
    (code) => {
      expect(classifyFailure(failure(code), false, 1)).toMatchObject({ error: { code: "interrupted_call" } });
      expect(classifyFailure(failure(code), true, 1)).toHaveProperty("waitMs");
    }
  );

  it("retries a request whose connection couldn't be opened, and finally reports the original error", () => {
    const error = new UnreachableError("The proxy does not connect.");
    expect(classifyFailure(error, false, 1)).toHaveProperty("waitMs");
    expect(classifyFailure(error, false, MAX_ATTEMPTS)).toEqual({ error });
  });

  it("reports an unreachable server after the last attempt", () => {
    const verdict = classifyFailure(failure("ECONNREFUSED"), true, MAX_ATTEMPTS);
    expect("error" in verdict && verdict.error).toBeInstanceOf(UnreachableError);
  });

  it("doesn't retry with an untrusted certificate, and says what to set", () => {
    const verdict = classifyFailure(failure("SELF_SIGNED_CERT_IN_CHAIN"), true, 1);
    expect("error" in verdict && verdict.error.hint).toMatch(/NODE_EXTRA_CA_CERTS/);
  });
});

describe("a status", () => {
  it.each([200, 202, 400, 404, 500, 502])("leaves status %i to the caller", (status) => {
    expect(classifyStatus(status, undefined, true, 1)).toBeUndefined();
  });

  it.each([301, 302, 307, 308])("never follows a redirect with status %i", (status) => {
    expect(classifyStatus(status, undefined, true, 1)).toMatchObject({ error: { code: "redirect_refused" } });
  });

  it.each([
    [429, "2", false, { waitMs: 2_000 }],
    [503, "1", false, { waitMs: 1_000 }],
    [429, undefined, false, { waitMs: 250 }],
    [503, undefined, true, { waitMs: 250 }],
    [503, undefined, false, { error: { code: "unreachable" } }],
    [429, "31", true, { error: { code: "rate_limited" } }]
  ])(
    "decides whether to retry after status %i with Retry-After %s, repeatable %s",
    (status, retryAfter, repeatable, verdict) => {
      expect(classifyStatus(status, retryAfter, repeatable, 1)).toMatchObject(verdict);
    }
  );
});

describe("Retry-After", () => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  it.each([
    ["0", 0],
    ["120", 120_000],
    ["Thu, 01 Jan 2026 00:00:30 GMT", 30_000],
    ["Wed, 31 Dec 2025 00:00:00 GMT", 0],
    ["soon", undefined],
    ["-5", undefined],
    ["1.5", undefined],
    ["", undefined],
    [undefined, undefined]
  ])("parses Retry-After: %s", (field, ms) => {
    expect(parseRetryAfter(field, now)).toBe(ms);
  });
});
