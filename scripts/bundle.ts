/**
 * Builds the bundle that desktop agents install with one click. `npm run bundle` writes
 * release/imgwire-mcp-VERSION.mcpb and needs only the npm registry. `npm run bundle -- --try` also unpacks
 * and validates it with the official tool, and starts the copy on several versions of Node.
 */
import { join } from "node:path";
import { ROOT } from "./program.ts";
import { writeBundle } from "./release/bundle.ts";
import { readProject } from "./release/project.ts";
import { tryBundle } from "./release/try-bundle.ts";

const folder = join(ROOT, "release");
const { file, bytes, sha256 } = await writeBundle(readProject(), folder);
console.log(`${file}: ${(bytes / 1e6).toFixed(1)} MB, SHA-256 ${sha256}`);
if (process.argv.includes("--try")) tryBundle(join(folder, file));
