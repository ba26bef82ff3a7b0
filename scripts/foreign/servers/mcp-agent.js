process.env.ENTRY = "mcp-agent-worker.js";
await import("./workers.js");
