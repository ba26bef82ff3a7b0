// The package is a program: the transport is its first argument, and the port comes from the environment.
process.argv.splice(2, 0, "streamableHttp");
await import("@modelcontextprotocol/server-everything/dist/index.js");
