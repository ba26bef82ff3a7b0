/**
 * Makes the bundle that desktop agents install with one click: `npm run bundle` writes
 * release/imgwire-mcp-VERSION.mcpb. Nothing but the npm registry is needed.
 */
import { join } from "node:path";
import { writeBundle } from "./release/bundle.ts";
import { readProject, ROOT } from "./release/project.ts";

const { file, bytes, sha256 } = await writeBundle(readProject(), join(ROOT, "release"));
console.log(`${file}: ${(bytes / 1e6).toFixed(1)} MB, SHA-256 ${sha256}`);
