import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse as parseJsonc, type ParseError } from "jsonc-parser";
import { describe, expect, it } from "vitest";
import { json, jsonc, jsonWithComments } from "../../src/agents/formats/json.ts";
import { ConfigTextError } from "../../src/agents/formats/format.ts";

const ENTRY = { command: "/usr/bin/node", args: ["/opt/imgwire-mcp.js"] };
const PATH = ["mcpServers", "imgwire"];

function wild(name: string): string {
  return readFileSync(join(import.meta.dirname, "wild", name), "utf8");
}

describe("adding an entry", () => {
  it("creates a new JSON file if there was none", () => {
    expect(json.edit("", PATH, ENTRY)).toBe(
      '{\n  "mcpServers": {\n    "imgwire": {\n      "command": "/usr/bin/node",\n' +
        '      "args": [\n        "/opt/imgwire-mcp.js"\n      ]\n    }\n  }\n}\n'
    );
  });

  it("adds an entry after the last member and its comment, with the file's tabs and trailing comma", () => {
    const before = wild("vscode.jsonc");
    const after = jsonc.edit(before, ["servers", "imgwire"], ENTRY);
    const added =
      '\n\t\t"imgwire": {\n\t\t\t"command": "/usr/bin/node",\n\t\t\t"args": [\n' +
      '\t\t\t\t"/opt/imgwire-mcp.js"\n\t\t\t]\n\t\t},';
    expect(after).toBe(before.replace("}, // keep last", `}, // keep last${added}`));
  });

  it("adds the comma that the last member lacks, before that member's comment", () => {
    const after = jsonc.edit('{\n  "a": 1 // one\n  // two\n}\n', ["b"], 2);
    expect(after).toBe('{\n  "a": 1, // one\n  "b": 2\n  // two\n}\n');
  });

  it("handles a comment that continues on the next line after the last member", () => {
    const after = jsonc.edit('{\n  "a": 1 /* one\n  } */\n}', ["b"], 2);
    expect(after).toBe('{\n  "a": 1, /* one\n  } */\n  "b": 2\n}');
  });

  it("keeps a one-line object on one line when it adds an entry", () => {
    expect(json.edit('{"mcpServers":{"a":{}}}', PATH, { x: [1] })).toBe(
      '{"mcpServers":{"a":{}, "imgwire": {"x":[1]}}}'
    );
  });

  it("opens an empty object for an entry and keeps the comment in it", () => {
    expect(json.edit('{\n\t"mcpServers": {}\n}', PATH, 1)).toBe(
      '{\n\t"mcpServers": {\n\t\t"imgwire": 1\n\t}\n}'
    );
    expect(jsonc.edit('{\n  "mcpServers": { // none\n  }\n}', PATH, 1)).toBe(
      '{\n  "mcpServers": { // none\n    "imgwire": 1\n  }\n}'
    );
    expect(jsonc.edit('{ "mcpServers": { /* none */ } }', PATH, 1)).toBe(
      '{ "mcpServers": { /* none */\n  "imgwire": 1\n} }'
    );
  });

  it("adds an entry after the comments of a file that contains nothing else", () => {
    expect(jsonc.edit("// mine\r\n", ["b"], 2)).toBe('// mine\r\n{\r\n  "b": 2\r\n}\r\n');
  });

  it("edits the object that readers use if a key occurs twice", () => {
    expect(json.edit('{ "a": { "x": 1 }, "a": { "y": 2 } }', ["a", "b"], 3)).toBe(
      '{ "a": { "x": 1 }, "a": { "y": 2, "b": 3 } }'
    );
  });
});

describe("changing an entry", () => {
  it("changes only the members of an entry that differ", () => {
    const before =
      '{\n  "e": {\n    "command": "old", // mine\n    "url": "x",\n    "disabled": true\n  }\n}\n';
    const after = jsonc.edit(before, ["e"], { command: "new", disabled: true, args: [] });
    expect(after).toBe(
      '{\n  "e": {\n    "command": "new", // mine\n    "disabled": true,\n    "args": []\n  }\n}\n'
    );
  });

  it("changes nothing if the entry is already the same", () => {
    const before = '{"e":{"b":1,"a":[ 2 ]}}';
    expect(json.edit(before, ["e"], { a: [2], b: 1 })).toBe(before);
  });
});

describe("removing an entry", () => {
  it.each([
    [
      "the last of its object, with the comma before it",
      '{\n  "a": 1, // one\n  "b": 2\n}',
      '{\n  "a": 1 // one\n}'
    ],
    ["the first", '{\n  "b": 2,\n  "a": 1\n}', '{\n  "a": 1\n}'],
    ["the only one", '{\n  "b": 2\n}', "{}"],
    ["the only one beside a comment", '{\n  // {\n  "b": 2\n  // }\n}', "{\n  // {\n  // }\n}"],
    ["one in a line with others", '{ "a": 1, "b": 2, "c": 3 }', '{ "a": 1, "c": 3 }'],
    ["the first in a line", '{ "b": 2, "c": 3 }', '{ "c": 3 }'],
    ["the last in a line", '{ "a": 1, "b": 2 }', '{ "a": 1 }'],
    ["one before a trailing comma", '{\n  "a": 1,\n  "b": 2,\n}', '{\n  "a": 1,\n}'],
    [
      "one with a comment after it",
      '{\n  "a": 1,\n  "b": 2, // two\n  "c": 3\n}',
      '{\n  "a": 1,\n  // two\n  "c": 3\n}'
    ],
    ["one after a leading comma", '{\n    "a": 1\n  , "b": 2\n}', '{\n    "a": 1\n}']
  ])("removes an entry: %s", (_, before, expected) => {
    const after = jsonc.edit(before, ["b"], undefined);
    const errors: ParseError[] = [];
    parseJsonc(after, errors, { allowTrailingComma: true });
    expect(errors).toEqual([]);
    expect(after).toBe(expected);
  });

  it("leaves a text without the entry unchanged", () => {
    expect(json.edit('{ "a": 1 }', ["b", "c"], undefined)).toBe('{ "a": 1 }');
    expect(json.edit("", ["b"], undefined)).toBe("");
  });
});

describe("JSON that can't be edited", () => {
  it.each([
    ["a missing comma", json, '{\n  "a": 1\n  "b": 2\n}', "line 3, column 3: comma expected"],
    [
      "a comment in strict JSON",
      json,
      "{ // no\n}",
      "line 1, column 3: a comment, which this agent can't read (it reads plain JSON)"
    ],
    [
      "a trailing comma where only comments are allowed",
      jsonWithComments,
      '{\r\n  "a": 1,\r\n}',
      "line 3, column 1: property name expected"
    ],
    ["a file that ends in the middle", jsonc, '{ "a": {', "line 1, column 9: close brace expected"],
    ["a list", json, "[]", "line 1, column 1: the file isn't a JSON object"],
    [
      "servers that aren't an object",
      json,
      '{ "mcpServers": [] }',
      'line 1, column 17: "mcpServers" isn\'t an object'
    ],
    ["text after the end", json, "{}\n{}", "line 2, column 1: end of file expected"]
  ])("refuses to edit %s and gives the position", (_, format, text, message) => {
    expect(() => format.edit(text, PATH, ENTRY)).toThrow(ConfigTextError);
    expect(() => format.edit(text, PATH, ENTRY)).toThrow(message);
  });

  it("accepts comments if the agent does", () => {
    expect(jsonWithComments.parse('{ "a": 1 /* one */ }')).toEqual({ a: 1 });
  });
});
