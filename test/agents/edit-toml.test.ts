import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { toml } from "../../src/agents/formats/toml.ts";
import { ConfigTextError } from "../../src/agents/formats/format.ts";
import { tomlStatements } from "../../src/agents/formats/toml-statements.ts";

const PATH = ["mcp_servers", "imgwire"];
const ENTRY = {
  command: "node",
  args: ["a", "b\\c"],
  startup_timeout_sec: 60,
  env: { IMGWIRE_MCP_URL: "x" }
};
const SECTIONS =
  '[mcp_servers.imgwire]\ncommand = "node"\nargs = ["a", "b\\\\c"]\nstartup_timeout_sec = 60\n\n' +
  '[mcp_servers.imgwire.env]\nIMGWIRE_MCP_URL = "x"\n';

const codex = readFileSync(join(import.meta.dirname, "wild/codex.toml"), "utf8");

describe("finding statements", () => {
  it("finds the tables and pairs of a real TOML file, but none in its strings and comments", () => {
    const found = tomlStatements(codex).map(({ kind, path }) => `${kind} ${path.join(" > ")}`);
    expect(found).toEqual([
      "pair model",
      "pair model_reasoning_effort",
      "pair notify",
      "pair developer_instructions",
      "pair footer",
      "table projects > /home/ada/code/shop",
      "pair projects > /home/ada/code/shop > trust_level",
      "table mcp_servers > docs server",
      "pair mcp_servers > docs server > command",
      "pair mcp_servers > docs server > args",
      "pair mcp_servers > docs server > startup_timeout_sec",
      "table mcp_servers > docs server > env",
      "pair mcp_servers > docs server > env > API_KEY",
      "table mcp_servers > imgwire-staging",
      "pair mcp_servers > imgwire-staging > url",
      "pair mcp_servers > imgwire-staging > bearer_token_env_var",
      "array reminders",
      "pair reminders > event",
      "pair reminders > since",
      "pair reminders > matcher > names",
      "pair reminders > limits",
      "table tui",
      "pair tui > notifications"
    ]);
  });

  it.each([
    ['a = """x""""" # c\n', '"""x"""""'],
    ["a = '''it''s'''\n", "'''it''s'''"],
    ['a = """\\"""[b]"""\n', '"""\\"""[b]"""'],
    ["a = [ '[', { b = \"]}\" }, # ]\n 2 ] # c\n", "[ '[', { b = \"]}\" }, # ]\n 2 ]"],
    ["a = 1979-05-27 07:32:00  # c\r\n", "1979-05-27 07:32:00"],
    ['a = ""\n', '""'],
    ["a = {}", "{}"]
  ])("finds the end of the TOML value in %j", (text, value) => {
    const [statement] = tomlStatements(text);
    expect(parse(text)).toHaveProperty("a");
    expect(text.slice(statement?.value?.from, statement?.value?.to)).toBe(value);
    expect(statement?.end).toBe(text.length);
  });
});

describe("adding an entry", () => {
  it("adds an entry as separate tables at the end of the file", () => {
    expect(toml.edit("", PATH, ENTRY)).toBe(SECTIONS);
    expect(toml.edit("a = 1\n", PATH, ENTRY)).toBe(`a = 1\n\n${SECTIONS}`);
    expect(toml.edit(codex, PATH, ENTRY)).toBe(`${codex}\n\n${SECTIONS}`);
    expect(toml.edit("a = 1\r\n\r\n", PATH, ENTRY)).toBe(`a = 1\r\n\r\n${SECTIONS.replaceAll("\n", "\r\n")}`);
  });

  it("quotes keys that are not bare and escapes characters that TOML strings can't contain", () => {
    const after = toml.edit("", ["a b", "c"], { "d.e": 'q"\u007f\n' });
    expect(after).toBe('["a b".c]\n"d.e" = "q\\"\\u007f\\n"\n');
    expect(parse(after)).toEqual({ "a b": { c: { "d.e": 'q"\u007f\n' } } });
  });
});

describe("changing an entry", () => {
  it("changes only the TOML pairs that differ", () => {
    const before =
      '[mcp_servers.imgwire] # ours\ncommand = "old" # why\nurl = "x"\nenabled = false\n# the end\n\n[b]\nc = 1\n';
    const after = toml.edit(before, PATH, { command: "new", enabled: false, args: ["a"], env: { K: "v" } });
    expect(after).toBe(
      '[mcp_servers.imgwire] # ours\ncommand = "new" # why\nenabled = false\nargs = ["a"]\nenv = { K = "v" }\n' +
        "# the end\n\n[b]\nc = 1\n"
    );
  });

  it.each([
    ["a dotted key", '[mcp_servers]\nimgwire.command = "old"\nother.command = "x"\n'],
    ["a quoted key", '["mcp_servers"."imgwire"]\n"command" = \'old\'\n'],
    ["dotted keys at the root", 'mcp_servers.imgwire.command = "old"\n[b]\nc = 1\n'],
    ["an inline table", '[mcp_servers]\nimgwire = { command = "old" }\n[b]\nc = 1\n'],
    ["sub-tables only", '[mcp_servers.imgwire.env]\nK = "w"\n'],
    [
      "tables out of order",
      '[mcp_servers.imgwire.env]\nK = "w"\n[b]\nc = 1\n[mcp_servers.imgwire]\ncommand = "old"'
    ]
  ])("changes a TOML entry in %s", (_, before) => {
    const entry = { command: "new", args: ["a"], env: { K: "v", L: "2" } };
    const after = toml.edit(before, PATH, entry);
    const { mcp_servers, ...rest } = parse(after) as { mcp_servers: Record<string, unknown> };
    const { mcp_servers: servers, ...others } = parse(before) as { mcp_servers: Record<string, unknown> };
    expect(mcp_servers).toEqual({ ...servers, imgwire: entry });
    expect(rest).toEqual(others);
    expect(toml.edit(after, PATH, entry)).toBe(after);
  });
});

describe("removing an entry", () => {
  it("removes an entry's tables with their comments, wherever they are", () => {
    const before =
      '# top\n[mcp_servers.imgwire]\n# inside\ncommand = "x"\n\n# about b\n[b]\nc = 1\n\n[mcp_servers.imgwire.env]\nK = "v"\n\n[d]\n';
    expect(toml.edit(before, PATH, undefined)).toBe("# top\n\n# about b\n[b]\nc = 1\n\n[d]\n");
  });

  it("removes dotted and inline entries without touching their neighbours", () => {
    expect(toml.edit("[mcp_servers]\nimgwire.a = 1\nb.c = 2\nimgwire.d = 3\n", PATH, undefined)).toBe(
      "[mcp_servers]\nb.c = 2\n"
    );
    expect(toml.edit("[mcp_servers]\nimgwire = { a = 1 } # x\nb.c = 2\n", PATH, undefined)).toBe(
      "[mcp_servers]\nb.c = 2\n"
    );
  });

  it("restores the text when an added entry is removed", () => {
    for (const before of ["", "a = 1\n", '[mcp_servers.a]\r\ncommand = "x"\r\n']) {
      expect(toml.edit(toml.edit(before, PATH, ENTRY), PATH, undefined)).toBe(before);
    }
  });
});

describe("TOML that can't be edited", () => {
  it.each([
    ["a broken pair", "a = 1\nb =\n", "line 2, column 4"],
    ["a duplicate table", "[a]\n[a]\n", "line 2, column 2"],
    [
      "servers in one inline table",
      'x = 1\nmcp_servers = { a = { command = "x" } }\n',
      "line 2, column 1: mcp_servers is written as one inline value"
    ],
    [
      "servers that aren't a table",
      "mcp_servers = 1\n",
      "line 1, column 1: mcp_servers is written as one inline value"
    ]
  ])("refuses to edit TOML with %s and gives the position", (_, text, message) => {
    expect(() => toml.edit(text, PATH, ENTRY)).toThrow(ConfigTextError);
    expect(() => toml.edit(text, PATH, ENTRY)).toThrow(message);
  });
});
