/**
 * One process of the lock test. `node … <lock> <file> <rounds> [die]`: adds 1 to the number in the file,
 * under the lock, once per round; with `die`, prints a line once it has the lock and waits to be killed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { withLock } from "../../src/system/lock.ts";

const [lock = "", file = "", rounds = "0", die] = process.argv.slice(2);

for (let round = 0; round < Number(rounds); round++) {
  await withLock(lock, async () => {
    if (die) {
      console.log("holding");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    }
    const value = Number(readFileSync(file, "utf8"));
    await new Promise((resolve) => setImmediate(resolve));
    writeFileSync(file, String(value + 1));
  });
}
