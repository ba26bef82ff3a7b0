import { expect, it } from "vitest";
import { z } from "zod";
import type { Tool } from "@modelcontextprotocol/client";
import { fitToBudget } from "../../src/mcp/tools/token-budget.ts";

const text = "What it does. ".repeat(100);

function toolWith(name: string, outputSchema?: object, description = text): Tool {
  return { name, description, inputSchema: { type: "object" }, outputSchema } as Tool;
}

function accepts(schema: unknown, value: unknown): boolean {
  return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value).success;
}

/** Tools that make a list with another tool too expensive. */
const FILLING = Array.from({ length: 15 }, (_, at) => toolWith(`filling_${at}`));

it("leaves an affordable tool list unchanged [mcp.list-affordable]", () => {
  const tools = FILLING.slice(0, 3);
  expect(fitToBudget(tools)).toEqual(tools);
});

it.each<[string, object, unknown[]]>([
  ["bounds", { properties: { a: { type: "integer", minimum: 1, maximum: 9 } }, required: ["a"] }, [{ a: 1 }]],
  [
    "null",
    { properties: { a: { anyOf: [{ type: "string", format: "uuid" }, { type: "null" }] } } },
    [{ a: null }, { a: crypto.randomUUID() }]
  ],
  [
    "oneOf",
    {
      properties: {
        a: {
          oneOf: [
            { type: "integer", maximum: 3 },
            { type: "integer", minimum: 5 }
          ]
        }
      }
    },
    [{ a: 1 }, { a: 7 }]
  ],
  [
    "patterns",
    {
      properties: {},
      patternProperties: { "^x": { type: "string" } },
      additionalProperties: { type: "integer" }
    },
    [{ x: "a", y: 1 }]
  ],
  [
    "references",
    {
      properties: { a: { $ref: "#/$defs/A" } },
      $defs: { A: { type: "object", properties: { b: { const: 1 } }, additionalProperties: false } }
    },
    [{ a: { b: 1 } }, {}]
  ],
  [
    "lists",
    { properties: { a: { type: "array", items: { enum: ["x", "y"] }, maxItems: 3 } } },
    [{ a: ["x"] }, { a: [] }]
  ]
])(
  "accepts every result with the cheaper form of a schema with %s that the schema itself accepts [mcp.list-affordable]",
  (_, schema, values) => {
    const expensive = toolWith("expensive", { type: "object", ...schema, $comment: text });
    const cheap = fitToBudget([...FILLING, expensive]).find(({ name }) => name === "expensive")!;
    expect(cheap.outputSchema).toBeDefined();
    expect(JSON.stringify(cheap.outputSchema).length).toBeLessThan(
      JSON.stringify(expensive.outputSchema).length
    );
    for (const value of values) {
      expect(accepts(expensive.outputSchema, value)).toBe(true);
      expect(accepts(cheap.outputSchema, value)).toBe(true);
    }
  }
);

it("drops only the largest output schemas if cheaper schemas aren't enough [mcp.list-affordable]", () => {
  const wide = (count: number): object => ({
    type: "object",
    properties: Object.fromEntries(
      Array.from({ length: count }, (_, at) => [`member_${at}`, { type: "string" }])
    )
  });
  const tools = [...FILLING.slice(0, 10), toolWith("wide", wide(600)), toolWith("narrow", wide(2))];
  const list = fitToBudget(tools);
  expect(JSON.stringify(list).length / 4).toBeLessThanOrEqual(6_000);
  expect(list.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))).toEqual(
    tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }))
  );
  expect(list.find(({ name }) => name === "wide")).not.toHaveProperty("outputSchema");
  expect(list.find(({ name }) => name === "narrow")).toHaveProperty("outputSchema");
});
