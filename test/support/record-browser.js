#!/usr/bin/env node
/**
 * A browser for `BROWSER` that opens nothing and writes down, one line of JSON each time, how it was started.
 */
import { appendFileSync } from "node:fs";

appendFileSync(process.env.BROWSER_RECORD, `${JSON.stringify(process.argv.slice(2))}\n`);
