// Runs command lines of the built program one after another in this process, with its streams. A matrix of
// commands and terminals takes seconds this way instead of minutes.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const { main } = createRequire(import.meta.url)("../../dist/main.cjs");
const program = fileURLToPath(new URL("../../bin/imgwire.js", import.meta.url));
const lines = JSON.parse(process.argv[2]);

// Each command adds its own error listeners.
process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
/** The last image id that a command has printed; it replaces the argument ID. */
let id = "";
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = (text, ...rest) => {
  id = /[0-9a-f-]{36}\/[0-9a-f-]{36}\/([0-9a-f-]{36})/.exec(text)?.[1] ?? id;
  return write(text, ...rest);
};
for (const given of lines) {
  const args = given.map((arg) => (arg === "ID" ? id : arg));
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
