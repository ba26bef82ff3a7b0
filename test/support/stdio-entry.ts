import { createDeps } from "../../src/deps.ts";

// The stdio server as `imgwire-mcp` starts it, but with the timeouts of the first argument, for suites that
// wait for one to expire.
process.exit(await createDeps(process, {}).serve(JSON.parse(process.argv[2] ?? "{}") as object));
