import { homedir } from "node:os";
import { parseArgs } from "node:util";
import { SignInNeededError } from "../../src/errors.ts";
import { EnvironmentChoice } from "../../src/config/environment.ts";
import { KnownEnvironments } from "../../src/config/known-environments.ts";
import type { Settings } from "../../src/config/settings.ts";
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
    authorization: () =>
      Promise.resolve({
        token: () => Promise.resolve(token),
        onUnauthorized: () => Promise.reject(new SignInNeededError("No token is accepted.")),
        signIn: () => Promise.reject(new Error("Nobody can sign in."))
      }),
    account: () => values.account,
    http: () => Promise.resolve(createHttp(process.env, allowsPrivate(url))),
    cacheDir: values.cache!,
    localTools: () => Promise.resolve([]),
    environments: new EnvironmentChoice({
      settings: { url, environment: undefined, sources: {} as Settings["sources"] },
      configDir: values.cache!,
      cwd: process.cwd(),
      home: homedir(),
      known: new KnownEnvironments({ cacheDir: values.cache!, url: url.href, account: () => values.account })
    }),
    log: createLog(values.log as LogLevel, (line) => process.stderr.write(line)),
    bounds: JSON.parse(values.bounds) as object
  })
);
