import { describe, expect, it } from "vitest";
import { isExpiring, toTokenSet } from "../../src/auth/tokens.ts";

const NOW = 1_000_000_000_000;

describe("toTokenSet", () => {
  it("counts a token's lifetime from now", () => {
    expect(toTokenSet({ access_token: "a", expires_in: 3_600 }, NOW).expires_at).toBe(NOW + 3_600_000);
  });

  it.each([undefined, 0, -5, Number.NaN, Number.POSITIVE_INFINITY])(
    "schedules no refresh for a lifetime of %s",
    (expires_in) => {
      const tokens = toTokenSet({ access_token: "a", expires_in }, NOW);
      expect(isExpiring(tokens, NOW + 365 * 86_400_000)).toBe(false);
    }
  );

  it("keeps the refresh token and scope if a refresh doesn't return new ones", () => {
    const before = toTokenSet({ access_token: "a", refresh_token: "r1", scope: "x" }, NOW);
    expect(toTokenSet({ access_token: "b" }, NOW, before)).toMatchObject({ refresh_token: "r1", scope: "x" });
    expect(toTokenSet({ access_token: "b", refresh_token: "r2" }, NOW, before).refresh_token).toBe("r2");
  });
});

describe("isExpiring", () => {
  it.each([
    [3_600, 3_539, false],
    [3_600, 3_540, true],
    [10, 8, false],
    [10, 9, true]
  ])("decides whether a token of %i s is expiring after %i s: %s", (lifetime, age, expected) => {
    const tokens = toTokenSet({ access_token: "a", expires_in: lifetime }, NOW);
    expect(isExpiring(tokens, NOW + age * 1_000)).toBe(expected);
  });
});
