// The package is a program: the transport is its first argument, the port is in the environment.
process.argv.splice(2, 0, "streamableHttp");
await import("@modelcontextprotocol/server-everything/dist/index.js");
