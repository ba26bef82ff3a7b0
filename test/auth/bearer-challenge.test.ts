import { describe, expect, it } from "vitest";
import { parseBearerChallenge } from "../../src/auth/bearer-challenge.ts";

const EMPTY = {
  resourceMetadata: undefined,
  scope: undefined,
  error: undefined,
  errorDescription: undefined
};

describe("parseBearerChallenge", () => {
  it.each([
    [undefined, EMPTY],
    ["", EMPTY],
    ['Basic realm="x", charset="UTF-8"', EMPTY],
    ["Bearer", EMPTY],
    ["bearer scope=read", { ...EMPTY, scope: ["read"] }],
    ['Bearer scope=""', EMPTY],
    [
      'Bearer resource_metadata="https://a.example/x?y=1", scope="a b", error="insufficient_scope", error_description="not \\"that\\", no"',
      {
        resourceMetadata: "https://a.example/x?y=1",
        scope: ["a", "b"],
        error: "insufficient_scope",
        errorDescription: 'not "that", no'
      }
    ],
    [
      'Basic realm="a, Bearer scope=\\"no\\"", Bearer error=invalid_token',
      { ...EMPTY, error: "invalid_token" }
    ],
    [
      'Bearer error="invalid_token", DPoP algs="ES256", scope="not-this"',
      { ...EMPTY, error: "invalid_token" }
    ],
    ['Bearer SCOPE = "a"', { ...EMPTY, scope: ["a"] }]
  ])("parses the challenge %j", (field, expected) => {
    expect(parseBearerChallenge(field)).toEqual(expected);
  });

  it("parses a hostile header field in linear time", () => {
    expect(parseBearerChallenge(`Bearer ${'"\\'.repeat(20_000)}`)).toEqual(EMPTY);
  });
});
