import { describe, expect, it } from "vitest";
import { classify, type Incoming } from "../../src/mcp/protocol/message.ts";

const rpc = (fields: object): object => ({ jsonrpc: "2.0", ...fields });
const received = (value: unknown): Incoming => classify(value, JSON.stringify(value));

describe("a JSON-RPC message", () => {
  it.each([
    [{ id: 0, method: "x" }, "request"],
    [{ id: "", method: "x", params: {} }, "request"],
    [{ method: "x" }, "notification"],
    [{ id: 0, result: {} }, "response"],
    [{ id: "a", error: { code: -1, message: "" } }, "response"],
    [{ id: 1, method: "x", unknown: true }, "request"]
  ])("classifies %j as a %s", (fields, kind) => {
    expect(received(rpc(fields)).kind).toBe(kind);
  });

  it.each([
    rpc({ id: null, method: "x" }),
    rpc({ id: {}, method: "x" }),
    rpc({ id: 1, method: 7 }),
    rpc({ id: 1, method: "x", params: [] }),
    rpc({ result: {} }),
    { id: 1, method: "x" },
    [],
    null,
    7,
    "text"
  ])("rejects the invalid message %j", (value) => {
    expect(received(value).kind).toBe("invalid");
  });

  it.each([
    {},
    { result: null },
    { error: null },
    { result: 7 },
    { result: [] },
    { error: {} },
    { error: { code: "1", message: "no" } },
    { result: {}, error: { code: 1, message: "" } }
  ])("fails a request that is answered with %j [mcp.one-answer]", (fields) => {
    const error = { code: -32603, message: "Invalid response: it must have either a result or an error." };
    expect(received(rpc({ id: 1, ...fields }))).toEqual({
      kind: "response",
      message: { jsonrpc: "2.0", id: 1, error },
      raw: JSON.stringify({ jsonrpc: "2.0", id: 1, error })
    });
  });

  it.each([
    [{ result: {}, error: null }, "response"],
    [{ result: null, error: { code: 1, message: "no" } }, "response"],
    [{ method: "x", params: null }, "request"]
  ])("treats a null member in %j as absent [mcp.null-members]", (fields, kind) => {
    const incoming = received(rpc({ id: 1, ...fields }));
    expect(incoming.kind).toBe(kind);
    expect(incoming).not.toHaveProperty("message.params");
    expect(incoming.raw).not.toContain('"params"');
  });

  it.each([{}, { id: null }])(
    "classifies an error with the id in %j as one that belongs to no request",
    (id) => {
      const error = { code: -32000, message: "Bad Request" };
      expect(received(rpc({ ...id, error }))).toMatchObject({ kind: "error", message: { error } });
    }
  );
});
