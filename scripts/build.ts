import { writeFileSync } from "node:fs";
import { build } from "rolldown";
import { licencesOf } from "./build/licences.ts";

/**
 * Builds the program as it is published: `npm run build`.
 *
 * The sources are ES modules; what is built from them is CommonJS, since Node's loader for ES modules alone takes
 * longer than everything the server does before its first answer.
 */
const { output } = await build({
  input: "src/main.ts",
  platform: "node",
  // Some packages' CommonJS asks for its parts in ways that cannot be followed; what they have as ES modules can.
  resolve: { mainFields: ["module", "main"] },
  // Everything but native code is bundled, so that `npx` fetches a handful of packages and not a hundred.
  external: ["@napi-rs/keyring"],
  preserveEntrySignatures: "allow-extension",
  output: {
    dir: "dist",
    cleanDir: true,
    format: "cjs",
    entryFileNames: "[name].cjs",
    chunkFileNames: "[name]-[hash].cjs",
    comments: { legal: true, annotation: false, jsdoc: false },
    // What is loaded before the first answer is one file, since each costs the loader a while.
    codeSplitting: { groups: [{ name: "start", tags: ["$initial"] }] }
  }
});

const modules = output.flatMap((part) => (part.type === "chunk" ? part.moduleIds : []));
writeFileSync("dist/LICENSES.txt", licencesOf(modules));
