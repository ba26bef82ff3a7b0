#!/usr/bin/env node
if (parseInt(process.versions.node) >= 20)
  void require("../dist/main.cjs")
    .main("imgwire-mcp", process)
    .then((code) => process.exit(code));
else {
  process.stderr.write(`imgwire-mcp needs Node.js 20 or newer, and this is ${process.version}.\n`);
  process.exit(1);
}
