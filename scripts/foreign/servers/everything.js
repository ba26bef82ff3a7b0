// The package is a program that reads its transport from the first argument and its port from the
// environment.
process.argv.splice(2, 0, "streamableHttp");
await import("@modelcontextprotocol/server-everything/dist/index.js");
