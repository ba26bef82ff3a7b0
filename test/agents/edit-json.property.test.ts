import { parse, type ParseError } from "jsonc-parser";
import { expect, it } from "vitest";
import { type Next, random } from "../../scripts/fuzz/mutate.ts";
import { jsonc } from "../../src/agents/formats/json.ts";

/** Writes JSON with comments in an arbitrary layout. A seed always gives the same document. */
class Writer {
  private readonly below: Next;
  private readonly lineEnd: string;

  constructor(seed: number) {
    this.below = random(seed);
    this.lineEnd = this.chance(30) ? "\r\n" : "\n";
  }

  document(): string {
    return `${this.space()}${this.object(["servers", "other", "x"], 0)}${this.space()}`;
  }

  private object(keys: readonly string[], depth: number): string {
    const members = keys.map(
      (key) => `${this.space()}${JSON.stringify(key)}${this.space()}:${this.value(key, depth + 1)}`
    );
    return `{${members.join(`${this.space()},`)}${this.space()}${this.chance(30) ? "," : ""}${this.space()}}`;
  }

  private value(key: string, depth: number): string {
    if (key === "servers" || (depth < 3 && this.chance(40))) {
      return this.space() + this.object(["a", '}b"{', "c//"].slice(0, 1 + this.below(3)), depth);
    }
    return this.space() + (["1e3", '"// /* }"', "[ { } , [] ]", "null", "true"][this.below(5)] ?? "0");
  }

  /** Usually nothing or a space, sometimes line ends, or comments full of brackets and commas. */
  private space(): string {
    const kinds = ["", "", " ", "\t", this.lineEnd, `${this.lineEnd}  `, ` // , } "x": {${this.lineEnd}`];
    kinds.push("/* , } */", `/* {${this.lineEnd} , */ `);
    return kinds[this.below(kinds.length)] ?? "";
  }

  private chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

function read(text: string): Record<string, Record<string, unknown>> {
  const errors: ParseError[] = [];
  const value = parse(text, errors, { allowTrailingComma: true }) as Record<string, Record<string, unknown>>;
  expect(errors).toEqual([]);
  return value;
}

function comments(text: string): string[] {
  return text.match(/\/\/ , \} "x": \{|\/\* , \} \*\/|\/\* \{\r?\n , \*\//g) ?? [];
}

const SEEDS = Array.from({ length: 500 }, (_, index) => index + 1);

it("adds, changes and removes one entry in documents of any layout, and keeps values and comments", () => {
  for (const seed of SEEDS) {
    const before = new Writer(seed).document();
    const value = read(before);
    const added = jsonc.edit(before, ["servers", "imgwire"], { command: "x", args: ["y"] });
    expect(read(added), before).toEqual({
      ...value,
      servers: { ...value["servers"], imgwire: { command: "x", args: ["y"] } }
    });
    const changed = jsonc.edit(added, ["servers", "imgwire"], { url: "z" });
    expect(read(changed), before).toEqual({
      ...value,
      servers: { ...value["servers"], imgwire: { url: "z" } }
    });
    const removed = jsonc.edit(changed, ["servers", "imgwire"], undefined);
    expect(read(removed), before).toEqual(value);
    expect(comments(removed), before).toEqual(comments(before));
  }
});
