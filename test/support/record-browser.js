#!/usr/bin/env node
/** A browser for `BROWSER` that opens nothing. Each time, it records its arguments as a line of JSON. */
import { appendFileSync } from "node:fs";

appendFileSync(process.env.BROWSER_RECORD, `${JSON.stringify(process.argv.slice(2))}\n`);
