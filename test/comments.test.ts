import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { FOLDERS } from "../layering.config.js";

const ROOT = join(import.meta.dirname, "..");
const MAX_COLUMNS = 110;

const sources = Object.keys(FOLDERS).flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => /\.[jt]s$/.test(name))
    .map((name) => join(folder, name))
);

it("keeps every comment line within the formatter's 110 columns", () => {
  const wide = sources.flatMap((file) =>
    readFileSync(join(ROOT, file), "utf8")
      .split("\n")
      .flatMap((line, index) =>
        /^\s*(\/\/|\/\*|\*)/.test(line) && line.length > MAX_COLUMNS ? [`${file}:${index + 1}`] : []
      )
  );
  expect(wide).toEqual([]);
});
