import { defineConfig } from "tsup";
import { commonJsChunks } from "./scripts/build/chunks.ts";
import { lazyBuiltin } from "./scripts/build/lazy-builtin.ts";
import { licensesFile } from "./scripts/build/licenses.ts";
import { appPages } from "./scripts/build/pages.ts";

/**
 * Builds the program as it is published: `npm run build`.
 *
 * The sources are ES modules; the build is CommonJS, because Node's ES module loader alone takes longer than
 * everything the server does before its first answer. tsup splits the code into ES module chunks;
 * `commonJsChunks` converts those.
 */
export default defineConfig({
  entry: ["src/main.ts"],
  format: "esm",
  target: "node20",
  outDir: "dist",
  clean: true,
  splitting: true,
  // The plugins below recognize Node's modules by the `node:` prefix.
  removeNodeProtocol: false,
  silent: true,
  outExtension: () => ({ js: ".cjs" }),
  // Not published. To read a user's stack trace, build the same tag and use its source maps.
  sourcemap: true,
  // Bundle everything except native code, so that `npx` fetches a handful of packages, not a hundred.
  noExternal: [/^(?!@napi-rs\/keyring)/],
  esbuildOptions: (options) => {
    options.charset = "ascii";
    options.legalComments = "none";
    options.minifySyntax = true;
  },
  // CommonJS has no `import.meta`.
  define: { "import.meta.url": "__filename", "import.meta.dirname": "__dirname" },
  esbuildPlugins: [
    lazyBuiltin({ module: "child_process", functions: ["spawn", "spawnSync"], packages: ["commander"] }),
    commonJsChunks("main.cjs"),
    licensesFile("LICENSES.txt"),
    appPages("apps")
  ]
});
