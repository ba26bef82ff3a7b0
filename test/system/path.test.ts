import { join, parse, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { isInside } from "../../src/system/path.ts";

const folder = resolve("/p");

describe("isInside", () => {
  it.each([".", "x", "x/y", "..cache", "..cache/x", "...", ".hidden/x"])(
    "treats %j as inside a folder [system.inside]",
    (name) => {
      expect(isInside(join(folder, name), folder)).toBe(true);
    }
  );

  it.each(["..", "../x", "../pp", "../p.cache/x"])(
    "treats %j as outside a folder [system.inside]",
    (name) => {
      expect(isInside(join(folder, name), folder)).toBe(false);
    }
  );

  it("treats everything on a disk as inside its root [system.inside]", () => {
    expect(isInside(folder, parse(folder).root)).toBe(true);
  });
});
