import { describe, expect, it } from "vitest";
import { classify } from "../../src/mcp/protocol/message.ts";

const rpc = (fields: object): object => ({ jsonrpc: "2.0", ...fields });

describe("a JSON-RPC message", () => {
  it.each([
    [{ id: 0, method: "x" }, "request"],
    [{ id: "", method: "x", params: {} }, "request"],
    [{ method: "x" }, "notification"],
    [{ id: 0, result: {} }, "response"],
    [{ id: "a", error: { code: -1, message: "" } }, "response"],
    [{ id: 1, method: "x", unknown: true }, "request"]
  ])("%j is a %s", (fields, kind) => {
    expect(classify(rpc(fields)).kind).toBe(kind);
  });

  it.each([
    rpc({ id: null, method: "x" }),
    rpc({ id: {}, method: "x" }),
    rpc({ id: 1, method: 7 }),
    rpc({ id: 1, method: "x", params: [] }),
    rpc({ id: 1 }),
    rpc({ id: 1, result: {}, error: { code: 1, message: "" } }),
    rpc({ id: 1, result: 7 }),
    rpc({ result: {} }),
    { id: 1, method: "x" },
    [],
    null,
    7,
    "text"
  ])("%j is invalid", (value) => {
    expect(classify(value).kind).toBe("invalid");
  });

  it("that is an invalid response is not answered under its id: that id may be a pending call's", () => {
    expect(classify(rpc({ id: 1, result: 7 }))).toMatchObject({ id: undefined });
  });
});
