import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { version } from "../package.json";
import { readAccount } from "./auth/accounts.ts";
import type { Session } from "./auth/session.ts";
import { EnvironmentChoice } from "./config/environment.ts";
import { KnownEnvironments } from "./config/known-environments.ts";
import { closeFolders, resolvePaths, sweepFolders, type Paths } from "./config/paths.ts";
import { resolveSettings, type SettingFlags, type Settings } from "./config/settings.ts";
import { createLog, type Log } from "./log.ts";
import type { Apps } from "./mcp/local/app-pages.ts";
import type { FileToolOptions } from "./mcp/local/file-access.ts";
import { readUserConfig, saveRoots } from "./config/user.ts";
import type { LocalTool } from "./mcp/local/local-tool.ts";
import type { Skill } from "./mcp/local/skill.ts";
import { type Bounds, serve, type ServeOptions } from "./mcp/agent/start.ts";
import type { Hosted, ToolClient } from "./mcp/tools/client.ts";
import { ToolSelection } from "./mcp/tools/selection.ts";
import type { Http } from "./system/http.ts";
import type { Io } from "./system/io.ts";
import { once } from "./system/once.ts";

/** Everything that a command or the server may need. Each part is built on first use. */
export interface Deps {
  readonly io: Io;
  readonly settings: Settings;
  readonly paths: Paths;
  readonly log: Log;
  /** The current Environment, and the ways to choose another one. */
  readonly environments: EnvironmentChoice;
  /** An id of the signed-in account; undefined if it isn't known without the network or the keychain. */
  account(): string | undefined;
  http(): Promise<Http>;
  /** The owner of the tokens for the current hosted URL. */
  session(): Promise<Session>;
  /** Decides which files may be read, and how they are sent. */
  readonly fileAccess: FileToolOptions;
  /** The folder of the skill that is part of the package. */
  skillFolder(): string;
  /** The tools that this program runs itself. */
  localTools(): Promise<readonly LocalTool[]>;
  /** This program's own connection to the hosted server. Throws as `openHosted` does. */
  hosted(): Promise<Hosted>;
  /** The tools as an agent sees them. Throws as {@link Deps.hosted} does. */
  toolClient(): Promise<ToolClient>;
  /**
   * Runs the stdio MCP server until the agent disconnects; returns the exit code.
   * @param bounds time limits that differ from the defaults
   */
  serve(bounds?: Partial<Bounds>): Promise<number>;
  /** Closes everything that has been built, but doesn't wait for the rest: a server may never answer. */
  close(): Promise<void>;
}

/**
 * The composition root.
 * @throws UsageError for an invalid setting
 */
export function createDeps(io: Io, flags: SettingFlags): Deps {
  const foundation = createFoundation(io, flags);
  const { settings, paths, log } = foundation;
  const account = (): string | undefined => accountOf(foundation);
  const environments = createEnvironments(foundation, account);
  const http = once(() => openHttp(foundation));
  const session = once(async () => createSession({ ...foundation, http: await http.get() }));
  const fileAccess = createFileAccess(foundation, http.get, environments);
  const localTools = once(() => loadLocalTools(fileAccess, environments));
  const selection = new ToolSelection(settings);
  const hosted = once(async () =>
    connect({ ...foundation, http: await http.get() }, await session.get(), { environments, account })
  );
  const toolClient = once(() => createToolClient(hosted.get(), localTools.get(), selection));
  return {
    ...foundation,
    environments,
    account,
    http: http.get,
    session: session.get,
    fileAccess,
    skillFolder,
    localTools: localTools.get,
    hosted: hosted.get,
    toolClient: toolClient.get,
    serve(bounds = {}) {
      return serve({
        ...{ io, url: settings.url, cacheDir: paths.cache, account, environments, selection, bounds, log },
        ...{ authorization: session.get, http: http.get, localTools: localTools.get, skill: loadSkill },
        ...{ apps: settings.noApps ? undefined : createApps(fileAccess), load: loadServer }
      });
    },
    async close() {
      await hosted.built()?.close();
      await session.built()?.close();
      await http.built()?.close();
      await sweepFolders(foundation.paths);
    }
  };
}

const loadServer: ServeOptions["load"] = async (parts) => {
  const { Server } = await import("./mcp/server.ts");
  return new Server(parts);
};

/** The most log output held in memory for a slow reader of stderr. */
const MAX_UNREAD_LOG_BYTES = 1024 * 1024;

/** The parts that all others are built on. */
type Foundation = Pick<Deps, "io" | "settings" | "paths" | "log">;
type Connected = Foundation & { http: Http };

/** Reads the id of the signed-in account from this machine's files. */
function accountOf({ settings, paths }: Foundation): string | undefined {
  if (settings.accessToken) return "access token";
  return readAccount(paths.state, settings.url.href, settings.profile)?.account;
}

function createFoundation(io: Io, flags: SettingFlags): Foundation {
  const paths = resolvePaths({ env: io.env, platform: io.platform });
  closeFolders(paths);
  const settings = resolveSettings({ flags, env: io.env, cwd: io.cwd(), configDir: paths.config });
  const log = createLog(settings.logLevel, (line) => writeLog(io.stderr, line), settings.logFile);
  for (const warning of settings.warnings) log.warn(warning);
  return { io, settings, paths, log };
}

/** `skills/` is next to this file's folder, both in the repository and in the package. */
function skillFolder(): string {
  return join(import.meta.dirname, "../skills/imgwire");
}

/** Writes a line, unless so much is already unread that nobody seems to be reading. */
function writeLog(stderr: Io["stderr"], line: string): void {
  if (stderr.writableLength < MAX_UNREAD_LOG_BYTES) stderr.write(line);
}

async function openHttp({ io, settings, paths }: Foundation): Promise<Http> {
  // Not only in `close`, because a server may run for days.
  await sweepFolders(paths);
  const { allowsPrivate, createHttp } = await import("./system/http.ts");
  return createHttp(io.env, allowsPrivate(settings.url));
}

function createFileAccess(
  { io, settings, paths }: Foundation,
  http: () => Promise<Http>,
  environments: EnvironmentChoice
): FileToolOptions {
  return {
    http,
    cwd: () => io.cwd(),
    home: homedir(),
    temp: io.platform === "win32" ? [tmpdir()] : [tmpdir(), "/tmp"],
    platform: io.platform,
    uploadRoots: settings.uploadRoots,
    alwaysRoots: () => readUserConfig(paths.config).roots,
    allowAlways: (folder) => saveRoots(paths.config, (roots) => [...new Set([...roots, folder])]),
    environment: () => environments.current()?.wanted,
    stripMetadata: settings.stripMetadata
  };
}

async function loadSkill(): Promise<Skill> {
  const [{ readSkill }, { frontmatterOf }] = await Promise.all([
    import("./agents/skill/shipped.ts"),
    import("./agents/skill/frontmatter.ts")
  ]);
  const files = readSkill(skillFolder());
  return { files, frontmatter: frontmatterOf(files[0]?.text ?? "") };
}

async function loadLocalTools(
  fileAccess: FileToolOptions,
  environments: EnvironmentChoice
): Promise<readonly LocalTool[]> {
  const [{ createConsent }, upload, uploads, download, { useEnvironmentTool }] = await Promise.all([
    import("./mcp/local/file-access.ts"),
    import("./mcp/local/upload-image.ts"),
    import("./mcp/local/upload-images.ts"),
    import("./mcp/local/download-images.ts"),
    import("./mcp/local/use-environment.ts")
  ]);
  // The tools share the consent: once the user has allowed a folder, all of them may read it.
  const access = { ...fileAccess, consent: createConsent(fileAccess.allowAlways) };
  return [
    upload.uploadImageTool(access),
    uploads.uploadImagesTool(access),
    download.downloadImagesTool(access),
    useEnvironmentTool(environments)
  ];
}

/** Creates the MCP Apps. Their pages exist only next to the built program. */
function createApps(fileAccess: FileToolOptions): Apps {
  const tools = once(async () => {
    const { uploadPageTools } = await import("./mcp/local/choose-images.ts");
    return uploadPageTools(fileAccess);
  });
  return {
    tools: tools.get,
    async html(page) {
      const { readFile } = await import("node:fs/promises");
      return readFile(join(import.meta.dirname, "apps", `${page}.html`), "utf8");
    }
  };
}

async function connect(
  { settings, paths, log, http }: Connected,
  authorization: Session,
  who: { environments: EnvironmentChoice; account: () => string | undefined }
): Promise<Hosted> {
  const { openHosted } = await import("./mcp/tools/client.ts");
  return openHosted({
    url: settings.url,
    http,
    authorization,
    ...who,
    cacheDir: paths.cache,
    version,
    log
  });
}

function createEnvironments(
  { io, settings, paths }: Foundation,
  account: () => string | undefined
): EnvironmentChoice {
  return new EnvironmentChoice({
    settings,
    configDir: paths.config,
    cwd: io.cwd(),
    home: homedir(),
    known: new KnownEnvironments({
      cacheDir: paths.cache,
      url: settings.url.href,
      // `IMGWIRE_ACCESS_TOKEN` may belong to any account.
      account: () => (settings.accessToken ? undefined : account())
    })
  });
}

async function createToolClient(
  hosted: Promise<Hosted>,
  localTools: Promise<readonly LocalTool[]>,
  selection: ToolSelection
): Promise<ToolClient> {
  const { ToolClient } = await import("./mcp/tools/client.ts");
  return new ToolClient(await hosted, await localTools, selection);
}

async function createSession({ io, settings, paths, log, http }: Connected): Promise<Session> {
  const [{ Session }, { storeOpener }] = await Promise.all([
    import("./auth/session.ts"),
    import("./credentials/choose.ts")
  ]);
  const { env, platform } = io;
  const stateDir = paths.state;
  const openStore = storeOpener({ env, platform, choice: settings.tokenStore, stateDir, log });
  return new Session({ ...settings, env, platform, http, log, version, stateDir, openStore });
}
