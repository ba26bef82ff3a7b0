import { createDeps } from "../../src/deps.ts";

// The stdio server as `imgwire-mcp` starts it, but with bounds of its own: for suites that wait for one to be
// reached.
process.exit(await createDeps(process, {}).serve(JSON.parse(process.argv[2] ?? "{}") as object));
