import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { FOLDERS, LIBRARIES, MCP_EXCEPTIONS, MCP_FOLDERS, ROOMS } from "../layering.config.js";

const ROOT = resolve(import.meta.dirname, "..");
const SRC = resolve(ROOT, "src");
const files = sourcesBelow(SRC);

interface Import {
  from: string;
  /** The absolute path of one of our files, or the name of a package. */
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

/** The strongly connected components of a graph (Tarjan's algorithm); one with several nodes is a circle. */
function stronglyConnected(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const order = new Map<string, number>();
  const open: string[] = [];
  const components: string[][] = [];
  const visit = (node: string): number => {
    order.set(node, order.size);
    let low = order.get(node)!;
    const height = open.push(node) - 1;
    for (const next of graph.get(node)!) {
      if (!order.has(next)) low = Math.min(low, visit(next));
      else if (open.includes(next)) low = Math.min(low, order.get(next)!);
    }
    if (low === order.get(node)) components.push(open.splice(height));
    return low;
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return components;
}

/** The package that an import belongs to: `undici` for `undici/lib/api/index.js`. */
function packageIn(to: string): string {
  return /^(@[^/]+\/)?[^/]+/.exec(to)?.[0] ?? to;
}

describe("the rooms of src", () => {
  it("has exactly the rooms of src that layering.config.js and ARCHITECTURE.md list", () => {
    const page = readFileSync(resolve(SRC, "../ARCHITECTURE.md"), "utf8");
    const rooms = new Set(files.map(roomOf).filter((room) => room !== undefined));
    expect([...rooms].sort()).toEqual(Object.keys(ROOMS).sort());
    for (const room of rooms) expect(page).toContain(`\`${room}/\``);
  });

  it("imports only from the rooms that layering.config.js allows", () => {
    const allowed = new Map<string, readonly string[]>(Object.entries(ROOMS));
    const wrong = imports.filter(({ from, to }) => {
      const [room, other] = [roomOf(from), to.startsWith(SRC) ? roomOf(to) : undefined];
      return room && other && room !== other && !allowed.get(room)?.includes(other);
    });
    expect(wrong).toEqual([]);
  });

  it("imports each external library in the one room that owns it", () => {
    const owners = new Map<string, string>(Object.entries(LIBRARIES));
    const wrong = imports.filter(({ from, to, kind }) => {
      const owner = owners.get(packageIn(to));
      return kind !== "type" && owner !== undefined && owner !== roomOf(from);
    });
    expect(wrong).toEqual([]);
  });
});

describe("the folders of src/mcp", () => {
  const MCP = join(SRC, "mcp");
  const pathIn = (file: string): string => relative(MCP, file).split(sep).join("/");
  const folderOf = (file: string): string => pathIn(dirname(file)).replace(/^((?:era\/)?[^/]*).*/, "$1");
  const inside = imports
    .filter(({ from, to }) => from.startsWith(MCP + sep) && to.startsWith(MCP + sep))
    .map(({ from, to }) => ({ from: pathIn(from), folder: folderOf(from), to: folderOf(to) }))
    .filter(({ folder, to }) => folder !== to);
  const allowed = new Map<string, readonly string[]>(Object.entries(MCP_FOLDERS));
  const exceptions = Object.entries(MCP_EXCEPTIONS).flatMap(([file, { may }]) =>
    may.map((to) => `${file} → ${to}`)
  );
  const foreign = inside
    .filter(({ folder, to }) => folder !== "" && !allowed.get(folder)?.includes(to))
    .map(({ from, to }) => `${from} → ${to || "server.ts"}`);

  it("has the folders of src/mcp that layering.config.js lists, and only server.ts next to them", () => {
    const own = files.filter((file) => file.startsWith(MCP + sep));
    expect([...new Set(own.map(folderOf))].sort()).toEqual(["", ...allowed.keys()].sort());
    expect(own.map(pathIn).filter((path) => !path.includes("/"))).toEqual(["server.ts"]);
  });

  it("imports only from allowed folders of src/mcp, except for the listed files", () => {
    expect([...new Set(foreign)].filter((edge) => !exceptions.includes(edge))).toEqual([]);
  });

  it("needs every exception listed in layering.config.js", () => {
    expect(exceptions.filter((edge) => !foreign.includes(edge))).toEqual([]);
  });
});

describe("the files of src", () => {
  it("has no import circle in src, by value or by type", () => {
    const below = new Map(files.map((file) => [file, new Set<string>()]));
    for (const { from, to } of imports) if (below.has(to)) below.get(from)!.add(to);
    const circles = stronglyConnected(below).filter(
      ([first, ...others]) => others.length > 0 || below.get(first!)!.has(first!)
    );
    expect(circles.map((circle) => circle.map((file) => relative(SRC, file)))).toEqual([]);
  });
});

describe("the folders of the top level", () => {
  it("imports only from allowed folders at the top level", () => {
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

/** The packages that loading a file loads too. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  for (const { to } of imports.filter((each) => each.from === file && each.kind === "static")) {
    if (to.startsWith(SRC)) for (const each of packagesOf(to, seen)) packages.add(each);
    else if (!to.startsWith("node:") && !to.startsWith(ROOT)) packages.add(packageIn(to));
  }
  return packages;
}

describe("start-up", () => {
  it("loads no package before the server's first answer", () => {
    expect([...packagesOf(join(SRC, "main.ts"))]).toEqual([]);
  });

  it("loads only the packages that a command needs to parse arguments and lay out text", () => {
    const packages = ["commander", "fast-string-truncated-width", "picocolors"];
    expect([...packagesOf(join(SRC, "cli/program.ts"))].sort()).toEqual(packages);
  });

  it("never imports all of undici or its fetch statically", () => {
    const loaded = imports.filter(({ from, kind }) => from.startsWith(SRC) && kind === "static");
    const files = loaded.map(({ to }) => to).filter((to) => packageIn(to) === "undici");
    expect(files).not.toContain("undici");
    expect(files.filter((file) => file.includes("/web/"))).toEqual([]);
  });
});
