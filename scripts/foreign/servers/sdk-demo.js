// The example is a program that reads its ports from the environment and its flags from the command line.
process.env.MCP_PORT = process.env.PORT;
process.env.MCP_AUTH_PORT = String(Number(process.env.PORT) + 1);
process.argv.push("--oauth-strict", "--oauth");
await import("@modelcontextprotocol/sdk/examples/server/simpleStreamableHttp.js");
