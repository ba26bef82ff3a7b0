import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/parts.ts"],
    setupFiles: ["test/support/loopback-only.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000
  }
});
