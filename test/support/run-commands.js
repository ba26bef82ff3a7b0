// Runs command lines of the built program one after another in this process, on whatever its streams are. A
// matrix of commands and terminals takes seconds this way instead of minutes.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const { main } = createRequire(import.meta.url)("../../dist/main.cjs");
const program = fileURLToPath(new URL("../../bin/imgwire.js", import.meta.url));
const lines = JSON.parse(process.argv[2]);

// Each of them listens for errors of its own.
process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
for (const args of lines) {
  process.stdout.write(`$ imgwire ${args.join(" ")}\n`);
  const code = await main("imgwire", {
    argv: [process.argv[0], program, ...args],
    env: process.env,
    platform: process.platform,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd: () => process.cwd()
  });
  process.stdout.write(`\n[exit ${code}]\n`);
}
process.exit(0);
