import { describe, expect, it } from "vitest";
import { chooseScopes, includesAll } from "../../src/auth/scopes.ts";

const nothing = { challenged: undefined, resource: undefined, server: undefined, before: [] };

describe("chooseScopes", () => {
  it.each([
    ["no scopes if none are named", nothing, []],
    [
      "the challenge's scopes rather than the metadata's",
      { ...nothing, challenged: ["a"], resource: ["b"] },
      ["a"]
    ],
    ["the metadata's scopes without a challenge", { ...nothing, resource: ["a", "b"] }, ["a", "b"]],
    ["none of the authorization server's scopes", { ...nothing, server: ["email", "profile"] }, []],
    ["earlier scopes too, in a step-up", { ...nothing, challenged: ["b"], before: ["a"] }, ["a", "b"]],
    ["each scope once", { ...nothing, challenged: ["a"], before: ["a"] }, ["a"]],
    [
      "offline_access if the server supports it",
      { ...nothing, challenged: ["a"], server: ["offline_access"] },
      ["a", "offline_access"]
    ],
    [
      "no offline_access if the server doesn't support it",
      { ...nothing, challenged: ["a", "offline_access"], server: ["a"] },
      ["a"]
    ]
  ])("requests %s", (_, inputs, expected) => {
    expect(chooseScopes(inputs)).toEqual(expected);
  });
});

it("requires every scope in includesAll", () => {
  expect(includesAll(["a", "b"], ["b"])).toBe(true);
  expect(includesAll(["a"], ["a", "b"])).toBe(false);
});
