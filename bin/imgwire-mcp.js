#!/usr/bin/env node
const { main } = require("../dist/main.cjs");

void main("imgwire-mcp", process).then((code) => process.exit(code));
