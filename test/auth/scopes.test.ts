import { describe, expect, it } from "vitest";
import { chooseScopes, includesAll } from "../../src/auth/scopes.ts";

const nothing = { challenged: undefined, resource: undefined, server: undefined, before: [] };

describe("chooseScopes", () => {
  it.each([
    ["none where nothing is said", nothing, []],
    ["the challenge's before the metadata's", { ...nothing, challenged: ["a"], resource: ["b"] }, ["a"]],
    ["the metadata's without a challenge", { ...nothing, resource: ["a", "b"] }, ["a", "b"]],
    ["none of the server's own", { ...nothing, server: ["email", "profile"] }, []],
    [
      "what was asked for before too, in a step-up",
      { ...nothing, challenged: ["b"], before: ["a"] },
      ["a", "b"]
    ],
    ["each once", { ...nothing, challenged: ["a"], before: ["a"] }, ["a"]],
    [
      "offline_access where it is offered",
      { ...nothing, challenged: ["a"], server: ["offline_access"] },
      ["a", "offline_access"]
    ],
    [
      "no offline_access where it is not",
      { ...nothing, challenged: ["a", "offline_access"], server: ["a"] },
      ["a"]
    ]
  ])("requests %s", (_, inputs, expected) => {
    expect(chooseScopes(inputs)).toEqual(expected);
  });
});

it("compares scopes as sets: includesAll requires every one", () => {
  expect(includesAll(["a", "b"], ["b"])).toBe(true);
  expect(includesAll(["a"], ["a", "b"])).toBe(false);
});
