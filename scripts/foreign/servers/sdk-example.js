// An SDK example is a program that reads its port from the environment, or has it in its source, where it is
// replaced.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

process.env.MCP_PORT = process.env.PORT;
const name = import.meta.dirname.split("sdk-").at(-1);
const examples = {
  simple: "simpleStreamableHttp",
  json: "jsonResponseStreamableHttp",
  stateless: "simpleStatelessStreamableHttp"
};
const path = createRequire(import.meta.url)
  .resolve(`@modelcontextprotocol/sdk/examples/server/${examples[name]}.js`)
  .replace("/cjs/", "/esm/");
const source = readFileSync(path, "utf8").replace(
  /const (MCP_)?PORT = 3000;/,
  "const $1PORT = Number(process.env.PORT);"
);
const copy = path.replace(/\.js$/, ".here.js");
writeFileSync(copy, source);
await import(copy);
