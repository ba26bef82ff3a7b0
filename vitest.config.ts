import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/parts.ts"],
    setupFiles: ["test/support/loopback-only.ts"],
    // The tests mostly wait for processes, so use one worker per core; Vitest would leave one core idle.
    maxWorkers: availableParallelism(),
    // The default of one second is too short for programs on a loaded machine.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 30_000,
    hookTimeout: 60_000
  }
});
