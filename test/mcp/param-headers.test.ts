import { describe, expect, it } from "vitest";
import { annotatedHeaders, fieldValue, paramHeaders } from "../../src/mcp/protocol/request-headers.ts";

const property = (name: unknown, type: unknown = "string"): object => ({ type, "x-mcp-header": name });
const schema = (properties: object, more: object = {}): Record<string, unknown> => ({
  type: "object",
  properties,
  ...more
});

describe("x-mcp-header", () => {
  it("finds x-mcp-header on properties at any depth", () => {
    const nested = schema({
      a: property("A"),
      b: { type: "object", properties: { c: property("C", "integer") } }
    });
    expect(annotatedHeaders(nested)).toEqual({
      headers: [
        { name: "A", path: ["a"] },
        { name: "C", path: ["b", "c"] }
      ]
    });
  });

  it.each([
    ["empty", schema({ a: property("") })],
    ["not a token", schema({ a: property("My Region") })],
    ["with a line break", schema({ a: property("Region\r\nX: y") })],
    ["not a string", schema({ a: property(7) })],
    ["on a number", schema({ a: property("A", "number") })],
    ["on an object", schema({ a: property("A", "object") })],
    ["on two types", schema({ a: property("A", ["string", "null"]) })],
    ["used twice, in different case", schema({ a: property("A"), b: property("a") })],
    ["in an array", schema({ a: { type: "array", items: property("A") } })],
    ["in a choice", schema({}, { anyOf: [schema({ a: property("A") })] })],
    ["in a definition", schema({}, { $defs: { a: property("A") } })],
    ["on the schema itself", { ...schema({}), type: "string", "x-mcp-header": "A" }]
  ])("rejects a tool with an x-mcp-header that is %s", (_name, invalid) => {
    expect(annotatedHeaders(invalid)).toHaveProperty("invalid");
  });

  it("ignores x-mcp-header inside a default value", () => {
    expect(annotatedHeaders(schema({ a: { type: "object", default: property("A") } }))).toEqual({
      headers: []
    });
  });

  it("handles a deeply nested schema quickly", () => {
    let deep: Record<string, unknown> = {};
    for (let depth = 0; depth < 10_000; depth++) deep = { not: deep };
    expect(annotatedHeaders(deep)).toHaveProperty("invalid");
  });
});

describe("Mcp-Param fields", () => {
  const headers = [
    { name: "A", path: ["a"] },
    { name: "C", path: ["b", "c"] }
  ];
  it.each([
    [
      { a: "x", b: { c: 42 } },
      { "mcp-param-A": "x", "mcp-param-C": "42" }
    ],
    [{ a: true }, { "mcp-param-A": "true" }],
    [{ a: null, b: null }, {}],
    [{ b: "text" }, {}],
    [undefined, {}]
  ])("writes the Mcp-Param fields of %j", (args, fields) => {
    expect(paramHeaders(headers, args)).toEqual(fields);
  });

  it("doesn't read Mcp-Param values from the prototype", () => {
    expect(paramHeaders([{ name: "A", path: ["constructor", "name"] }], {})).toEqual({});
  });
});

describe("a value in a header", () => {
  it.each([
    ["us-west1", "us-west1"],
    ["two words", "two words"],
    ["", "=?base64??="],
    ["Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="],
    [" padded ", "=?base64?IHBhZGRlZCA=?="],
    ["line1\nline2", "=?base64?bGluZTEKbGluZTI=?="],
    ["=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="]
  ])("encodes %j as a header value", (text, value) => {
    expect(fieldValue(text)).toBe(value);
  });
});
