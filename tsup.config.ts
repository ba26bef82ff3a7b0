import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { defineConfig } from "tsup";

const SRC = resolve(import.meta.dirname, "src");
/** What the server loads before its first answer. */
const START = ["main.ts", "mcp/serve.ts"];

/**
 * Everything that the server needs before its first answer ends up in two files, since each costs its own while. The bundler puts modules in one chunk
 * when the same entry points reach them, so every module that is loaded later is made to reach the start as well.
 */
const oneStartChunk = {
  name: "one-start-chunk",
  setup(build: {
    onLoad: (filter: { filter: RegExp }, load: (args: { path: string }) => object | undefined) => void;
  }) {
    const later = loadedLater();
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (!later.has(path)) return undefined;
      const imports = START.map((name) => `import ${JSON.stringify(join(SRC, name))};\n`);
      return { contents: [readFileSync(path, "utf8"), ...imports].join("\n"), loader: "ts" };
    });
  }
};

/** The files of ours that are imported with `import()`. */
function loadedLater(): Set<string> {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts")
  );
  return new Set(
    files.flatMap((name) => {
      const file = join(SRC, name);
      const found = readFileSync(file, "utf8").matchAll(/\bimport\("(\.[^"]+)"\)/g);
      return Array.from(found, ([, specifier]) => resolve(dirname(file), specifier ?? ""));
    })
  );
}

export default defineConfig({
  entry: ["src/main.ts"],
  format: "esm",
  target: "node20",
  platform: "node",
  splitting: true,
  treeshake: true,
  clean: true,
  dts: false,
  // Everything but native code is bundled, so that `npx` fetches two packages and not a hundred.
  noExternal: [/^(?!@napi-rs\/keyring)/],
  external: ["@napi-rs/keyring"],
  esbuildPlugins: [oneStartChunk],
  // CommonJS packages inside the bundle still ask for Node's own modules with `require`, and for their own name.
  banner: {
    js: [
      'import { createRequire as __createRequire } from "node:module";',
      'import { fileURLToPath as __fileURLToPath } from "node:url";',
      "const require = __createRequire(import.meta.url);",
      "const __filename = __fileURLToPath(import.meta.url);"
    ].join("\n")
  }
});
