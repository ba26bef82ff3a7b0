import { parseArgs } from "node:util";
import { createLog, type LogLevel } from "../../src/log.ts";
import { allowsPrivate, createHttp } from "../../src/system/http.ts";
import { serve } from "../../src/mcp/serve.ts";

// The bridge alone, with a fixed token in place of a sign-in: for suites that are not about signing in.
const { values } = parseArgs({
  options: {
    url: { type: "string" },
    cache: { type: "string" },
    token: { type: "string" },
    account: { type: "string" },
    log: { type: "string", default: "warn" },
    bounds: { type: "string", default: "{}" }
  }
});
const url = new URL(values.url!);
const token = values.token;
process.exit(
  await serve({
    io: {
      argv: process.argv,
      env: process.env,
      platform: process.platform,
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: process.stderr,
      cwd: () => process.cwd()
    },
    url,
    authorization: async () => ({
      token: async () => token,
      onUnauthorized: async () => {
        throw new Error("no token is accepted");
      },
      signIn: async () => {
        throw new Error("nobody can sign in");
      }
    }),
    account: () => values.account,
    http: async () => createHttp(process.env, allowsPrivate(url)),
    cacheDir: values.cache!,
    localTools: async () => [],
    environment: () => undefined,
    log: createLog(values.log as LogLevel, (line) => process.stderr.write(line)),
    bounds: JSON.parse(values.bounds) as object
  })
);
