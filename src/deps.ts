import { resolvePaths, type Paths } from "./config/paths.ts";
import { resolveSettings, type SettingFlags, type Settings } from "./config/settings.ts";
import { createLog, type Log } from "./log.ts";
import type { Http } from "./system/http.ts";
import type { Io } from "./system/io.ts";

/** Everything a command or the server may need, each built when it is first asked for. */
export interface Deps {
  readonly io: Io;
  readonly settings: Settings;
  readonly paths: Paths;
  readonly log: Log;
  http(): Promise<Http>;
  /** Runs the stdio MCP server until the agent leaves; returns the exit code. */
  serve(): Promise<number>;
  /** Lets go of everything that was built. */
  close(): Promise<void>;
}

/**
 * The composition root.
 * @throws UsageError when a setting is not usable
 */
export function createDeps(io: Io, flags: SettingFlags): Deps {
  const paths = resolvePaths({ env: io.env, platform: io.platform });
  const settings = resolveSettings({ flags, env: io.env, cwd: io.cwd(), configDir: paths.config });
  const log = createLog(settings.logLevel, (line) => io.stderr.write(line), settings.logFile);
  for (const warning of settings.warnings) log.warn(warning);

  const http = once(async () => {
    const { allowsPrivate, createHttp } = await import("./system/http.ts");
    return createHttp(io.env, allowsPrivate(settings.url));
  });
  return {
    io,
    settings,
    paths,
    log,
    http: http.get,
    serve() {
      return Promise.resolve(0);
    },
    async close() {
      await http.built()?.then((built) => built.close());
    }
  };
}

interface Once<T> {
  get: () => Promise<T>;
  built: () => Promise<T> | undefined;
}

function once<T>(build: () => Promise<T>): Once<T> {
  let value: Promise<T> | undefined;
  return { get: () => (value ??= build()), built: () => value };
}
