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
  // The plugins below tell Node's modules by it.
  removeNodeProtocol: false,
  silent: true,
  outExtension: () => ({ js: ".cjs" }),
  // For support: a user's stack trace can be read with the source maps from a build of the same tag. They
  // aren't published.
  sourcemap: true,
  // Everything except native code is bundled, so that `npx` fetches a handful of packages and not a hundred.
  noExternal: [/^(?!@napi-rs\/keyring)/],
  // A package's entry point is resolved from the file that imports it.
  esbuildOptions: (options) => {
    options.charset = "ascii";
    options.legalComments = "none";
    options.minifySyntax = true;
  },
  define: { "import.meta.url": "__filename", "import.meta.dirname": "__dirname" },
  esbuildPlugins: [
    lazyBuiltin({ module: "child_process", functions: ["spawn", "spawnSync"], packages: ["commander"] }),
    commonJsChunks("main.cjs"),
    licensesFile("LICENSES.txt"),
    appPages("apps")
  ]
});
