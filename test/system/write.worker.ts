/**
 * One process of the writer's test. `node … <path> <text> <n>`: writes the text and is killed at the n-th
 * moment. Each call of node:fs that writes has two moments, before it and after it. Prints "done" if it
 * survives.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const [path = "", text = "", at = "0"] = process.argv.slice(2);
let moments = 0;

function moment(): void {
  if (++moments === Number(at)) process.kill(process.pid, "SIGKILL");
}

for (const name of ["openSync", "writeSync", "fsyncSync", "closeSync", "chmodSync", "renameSync"] as const) {
  const original = fs[name] as (...args: unknown[]) => unknown;
  Object.assign(fs, {
    [name]: (...args: unknown[]) => {
      moment();
      const result = original(...args);
      moment();
      return result;
    }
  });
}
syncBuiltinESMExports();

const { writeFileAtomic } = await import("../../src/system/write.ts");
moments = 0;
await writeFileAtomic(path, text);
fs.writeSync(1, "done");
