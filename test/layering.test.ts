import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { FOLDERS, LIBRARIES, ROOMS } from "../layering.config.js";

const ROOT = resolve(import.meta.dirname, "..");
const SRC = resolve(ROOT, "src");
const files = sourcesBelow(SRC);

interface Import {
  from: string;
  /** Absolute path of a file of ours, or the name of a package. */
  to: string;
  kind: "type" | "static" | "dynamic";
}

const imports = files.flatMap(importsOf);

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const found: Import[] = [];
  for (const match of text.matchAll(/^(?:import|export)( type)?\b(?:[^;"=]*? from)? "([^"]+)";/gm)) {
    found.push({ from: file, to: target(file, match[2]!), kind: match[1] ? "type" : "static" });
  }
  for (const match of text.matchAll(/\bimport\("([^"]+)"\)/g)) {
    found.push({ from: file, to: target(file, match[1]!), kind: "dynamic" });
  }
  return found;
}

function target(file: string, specifier: string): string {
  return specifier.startsWith(".") ? resolve(dirname(file), specifier) : specifier;
}

function roomOf(file: string): string | undefined {
  const [first, ...rest] = relative(SRC, file).split(sep);
  return rest.length > 0 ? first : undefined;
}

describe("the rooms of src", () => {
  it("are the ones that ARCHITECTURE.md lists", () => {
    const page = readFileSync(resolve(SRC, "../ARCHITECTURE.md"), "utf8");
    const rooms = new Set(files.map(roomOf).filter((room) => room !== undefined));
    expect([...rooms].sort()).toEqual(Object.keys(ROOMS).sort());
    for (const room of rooms) expect(page).toContain(`\`${room}/\``);
  });

  it("import only from the rooms below them", () => {
    const allowed = new Map<string, readonly string[]>(Object.entries(ROOMS));
    const wrong = imports.filter(({ from, to }) => {
      const [room, other] = [roomOf(from), to.startsWith(SRC) ? roomOf(to) : undefined];
      return room && other && room !== other && !allowed.get(room)?.includes(other);
    });
    expect(wrong).toEqual([]);
  });

  it("keep each outside library in the one room that owns it", () => {
    const owners = new Map<string, string>(Object.entries(LIBRARIES));
    const wrong = imports.filter(({ from, to, kind }) => {
      const owner = owners.get(to);
      return kind !== "type" && owner !== undefined && owner !== roomOf(from);
    });
    expect(wrong).toEqual([]);
  });
});

describe("the folders of the top level", () => {
  it("import only from the folders they may know", () => {
    const wrong = Object.entries(FOLDERS).flatMap(([folder, allowed]: [string, string[]]) =>
      sourcesBelow(resolve(ROOT, folder))
        .flatMap(importsOf)
        .filter(({ to }) => to.startsWith(ROOT))
        .filter(({ to }) => {
          const other = relative(ROOT, to).split(sep)[0]!;
          return other in FOLDERS && other !== folder && !allowed.includes(other);
        })
    );
    expect(wrong).toEqual([]);
  });
});

describe("the start of the server", () => {
  it("loads nothing but Node's own modules and our own small ones before the first answer", () => {
    const seen = new Set<string>();
    const packages = new Set<string>();
    const visit = (file: string): void => {
      if (seen.has(file)) return;
      seen.add(file);
      for (const { to } of imports.filter((each) => each.from === file && each.kind === "static")) {
        if (to.startsWith(SRC)) visit(to);
        else if (!to.startsWith("node:") && !to.startsWith(resolve(SRC, ".."))) packages.add(to);
      }
    };
    visit(join(SRC, "main.ts"));
    expect([...packages]).toEqual([]);
  });
});
