import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/parts.ts"],
    setupFiles: ["test/support/loopback-only.ts"],
    // The tests mostly wait for processes: one worker a core, where Vitest would leave one core idle.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    hookTimeout: 60_000
  }
});
