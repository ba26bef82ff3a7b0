import { join, parse, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { isInside } from "../../src/system/inside.ts";

const folder = resolve("/p");

describe("isInside", () => {
  it.each([".", "x", "x/y", "..cache", "..cache/x", "...", ".hidden/x"])(
    "counts %j in a folder as inside it [system.inside]",
    (name) => {
      expect(isInside(join(folder, name), folder)).toBe(true);
    }
  );

  it.each(["..", "../x", "../pp", "../p.cache/x"])("counts %j as outside [system.inside]", (name) => {
    expect(isInside(join(folder, name), folder)).toBe(false);
  });

  it("counts everything on a disk as inside its top [system.inside]", () => {
    expect(isInside(folder, parse(folder).root)).toBe(true);
  });
});
