import { defineConfig } from "tsup";

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
