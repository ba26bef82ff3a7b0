/**
 * Makes the bundle that desktop agents install with one click: `npm run bundle` writes
 * release/imgwire-mcp-VERSION.mcpb. Nothing but the npm registry is needed. `npm run bundle -- --try` also
 * has the official tool unpack and validate it, and the copy answer on several versions of Node.
 */
import { join } from "node:path";
import { writeBundle } from "./release/bundle.ts";
import { readProject, ROOT } from "./release/project.ts";
import { tryBundle } from "./release/try-bundle.ts";

const folder = join(ROOT, "release");
const { file, bytes, sha256 } = await writeBundle(readProject(), folder);
console.log(`${file}: ${(bytes / 1e6).toFixed(1)} MB, SHA-256 ${sha256}`);
if (process.argv.includes("--try")) tryBundle(join(folder, file));
