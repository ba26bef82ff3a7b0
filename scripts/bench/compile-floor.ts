import { join } from "node:path";
import { build } from "esbuild";
import { ROOT } from "../program.ts";

/**
 * Compiles the floor to CommonJS, which starts faster, in a folder from which it can import undici.
 * @returns the path of the result
 */
export async function compileFloor(): Promise<string> {
  const outfile = join(ROOT, "node_modules/.cache/bench/floor.cjs");
  const entryPoints = [join(ROOT, "scripts/bench/floor.ts")];
  const supported = { "dynamic-import": false };
  await build({ entryPoints, outfile, format: "cjs", platform: "node", target: "node20", supported });
  return outfile;
}
