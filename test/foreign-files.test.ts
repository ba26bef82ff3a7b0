import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, mkdtempSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readEntry } from "../src/agents/apply.ts";
import { createFolder } from "../src/agents/created-folders.ts";
import { recall, restorePlace } from "../src/agents/restore.ts";
import { jsonc } from "../src/agents/formats/json.ts";
import { planSkill, planSkillRemoval } from "../src/agents/skill/plan.ts";
import { recallSkill } from "../src/agents/skill/record.ts";
import { readAccount, readAccounts } from "../src/auth/accounts.ts";
import { readLiveNotice } from "../src/auth/sign-in-notice.ts";
import { parseRecord } from "../src/auth/record.ts";
import { readDefaults } from "../src/cli/commands/publish/defaults.ts";
import { readUpdateState } from "../src/cli/update/newest.ts";
import { KnownEnvironments } from "../src/config/known-environments.ts";
import { findProject, saveProject } from "../src/config/project.ts";
import { resolveSettings } from "../src/config/settings.ts";
import { readUserConfig } from "../src/config/user.ts";
import { fileStore } from "../src/credentials/file.ts";
import { readDocument } from "../src/documents/document.ts";
import { LockFile } from "../src/documents/lock-file.ts";
import { ImgwireError } from "../src/errors.ts";
import { createLog } from "../src/log.ts";
import { EraMemory } from "../src/mcp/hosted/era-memory.ts";
import { withAdvice } from "../src/mcp/tools/instructions.ts";
import { ToolSelection } from "../src/mcp/tools/selection.ts";
import { freshFor, SnapshotStore } from "../src/mcp/tools/snapshot.ts";
import { fileKey } from "../src/system/file-key.ts";
import { cacheKey } from "../src/system/cache-key.ts";
import { withLock } from "../src/system/lock.ts";
import type { ApprovedFile } from "../src/transfer/open.ts";
import { FileCache } from "../src/transfer/file-cache.ts";
import { removeFolder } from "./support/folder.ts";
import { spoiled } from "./support/members.ts";

const URL_ = "https://mcp.example/mcp";
const log = createLog("silent", () => undefined);
const IDENTITY = JSON.stringify([URL_]);
const everything = new ToolSelection({ readOnly: false, tools: undefined, excludeTools: undefined });
const digest = "0".repeat(64);

/** A file that the program reads although other programs may have written it. */
interface FileReader {
  name: string;
  /** Its path in the folder that `read` gets. */
  path: string;
  /** Valid content; undefined if the file isn't JSON. */
  content: unknown;
  read: (folder: string) => unknown;
}

const READERS: readonly FileReader[] = [
  {
    name: "the project file",
    path: ".imgwire.json",
    content: {
      environment: "e",
      profile: "p",
      publish: { include: ["*.md"], aliases: { "@": "src" }, links: true }
    },
    read: (folder) => [findProject(folder, "/nowhere"), attempt(() => readDefaults(folder))]
  },
  {
    name: "the project file, before it is changed",
    path: ".imgwire.json",
    content: { environment: "e" },
    read: (folder) => saveProject(join(folder, ".imgwire.json"), { id: "other", name: "Other" })
  },
  {
    name: "the user's configuration",
    path: "config.json",
    content: {
      environments: { [URL_]: { id: "e", name: "E" } },
      roots: ["/a"],
      callbackPort: 5,
      tools: ["a"],
      url: URL_
    },
    read: (configDir) => [
      readUserConfig(configDir),
      attempt(() => resolveSettings({ flags: {}, env: {}, cwd: configDir, configDir }))
    ]
  },
  {
    name: "the index of sign-ins",
    path: "accounts.json",
    content: {
      version: 1,
      accounts: { [URL_]: { issuer: "i", account: "a", store: "file", generation: 1 } }
    },
    read: (folder) => [readAccounts(folder), readAccount(folder, URL_)]
  },
  {
    name: "the notice of a sign-in",
    path: "signin.json",
    content: {
      ...{ id: "1", method: "device", url: "https://a.example", browserOpened: false, expiresAt: 9e15 },
      failure: { code: "c", message: "m" }
    },
    read: (folder) => readLiveNotice(join(folder, "signin.json"))
  },
  {
    name: "the names of Environments",
    path: "environments.json",
    content: { [URL_]: { a: { at: 1, environments: [{ id: "e", name: "E" }] } } },
    async read(cacheDir) {
      const known = new KnownEnvironments({ cacheDir, url: URL_, account: () => "a" });
      const names = [known.last(), known.fresh()];
      await known.learn([{ id: "e", name: "E" }]);
      return names;
    }
  },
  {
    name: "a snapshot of the tool list",
    path: `tools-${cacheKey(IDENTITY)}.json`,
    content: {
      ...{ format: 1, identity: IDENTITY, takenAt: 1, ttlMs: 5, cacheScope: "public" },
      server: { capabilities: { tools: {} }, serverInfo: { name: "a", version: "1" }, instructions: "a" },
      tools: [{ name: "upload_image", description: "a", inputSchema: { type: "object" } }]
    },
    read(folder) {
      const key = { url: new URL(URL_), account: undefined, environment: undefined };
      const snapshot = new SnapshotStore(folder, log).read(key);
      return snapshot && [withAdvice(snapshot, everything), freshFor(snapshot)];
    }
  },
  {
    name: "the server's era",
    path: "era-x.json",
    content: { legacyAt: 1 },
    read: (folder) => new EraMemory(folder, "x", log).first
  },
  {
    name: "the lock file of published images",
    path: "imgwire.lock.json",
    content: {
      version: 2,
      images: {
        "a.png": {
          ...{ sha256: digest, image_id: "1", cdn_url: "https://cdn.example/1" },
          ...{ previous_cdn_urls: ["https://cdn.example/0"], references: { "a.md": ["a.png", null] } }
        }
      }
    },
    read: (folder) => [...LockFile.read(folder).images()]
  },
  {
    name: "the record of an installed entry",
    path: "record",
    content: { file: "/a", existed: false, after: digest },
    read: (folder) => recall({ ...restorePlace(folder, "/a"), record: join(folder, "record") })
  },
  {
    name: "the record of an installed skill",
    path: "skill.json",
    content: { folder: "/skills/imgwire", agents: ["codex"], files: { "SKILL.md": [digest] } },
    read(folder) {
      const record = recallSkill(join(folder, "skill.json"));
      writeFileSync(join(folder, "SKILL.md"), "changed");
      return [planSkill(folder, [], record), planSkillRemoval(folder, "codex", record)];
    }
  },
  {
    name: "the list of created folders",
    path: "installed/folders.json",
    content: ["/a"],
    read: (folder) => createFolder(join(folder, "made", "here"), folder)
  },
  {
    name: "an agent's configuration",
    path: "mcp.json",
    content: { mcpServers: { imgwire: { command: "npx", args: ["a"], env: { A: "b" } } } },
    read: (folder) =>
      readEntry(join(folder, "mcp.json"), { format: jsonc, servers: ["mcpServers"], name: "imgwire" })
  },
  {
    name: "the record of newer versions",
    path: "update.json",
    content: { checkedAt: 1, toldAt: 1, newest: "1.2.3" },
    read: readUpdateState
  },
  {
    name: "the record of inspected files",
    path: "seen.json",
    content: { "/a.png": ["stamp", 1, { sha256: digest }] },
    read(folder) {
      const seen = new FileCache(join(folder, "seen.json"), (value) => typeof value === "object");
      const file = { path: "/a.png", stamp: "stamp", settled: true } as ApprovedFile;
      seen.set(file, seen.get(file) ?? { sha256: digest });
      return seen.save();
    }
  },
  {
    name: "a lock",
    path: "the.lock",
    content: { token: "t", pid: 1, system: "elsewhere", startedAt: "1" },
    read: (folder) => withLock(join(folder, "the.lock"), () => Promise.resolve(), { timeoutMs: 1 })
  },
  {
    name: "a token file",
    path: `${fileKey(URL_)}.json`,
    content: {
      ...{ version: 1, scopes: ["a"], generation: 1, account: "a" },
      server: { issuer: "https://a.example", token_endpoint: "https://a.example/t" },
      client: { source: "dynamic", client_id: "c" },
      tokens: { access_token: "CANARY", obtained_at: 1 }
    },
    read: async (folder) => parseRecord((await fileStore(folder).read(URL_)) ?? "")
  },
  {
    name: "a document",
    path: "a.md",
    content: undefined,
    read: (folder) => readDocument(join(folder, "a.md"))
  }
];

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof ImgwireError) return undefined;
    throw error;
  }
}

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "foreign-"))));
afterEach(() => removeFolder(folder));

/** What the reader returns, or the error that it throws: only our own errors are meant for people. */
async function outcomeOf(reader: FileReader, what: string): Promise<unknown> {
  try {
    return await reader.read(folder);
  } catch (error) {
    expect(error, what).toBeInstanceOf(ImgwireError);
    return error;
  }
}

const withContent = READERS.filter(({ content }) => content !== undefined);

describe.each(withContent)("$name", (reader) => {
  const path = (): string => join(folder, reader.path);
  beforeEach(() => mkdirSync(dirname(path()), { recursive: true, mode: 0o700 }));

  it("accepts the file or refuses it with a clear error, whatever one of its members is [system.foreign-members]", async () => {
    for (const [what, content] of spoiled(reader.content)) {
      writeFileSync(path(), JSON.stringify(content) ?? "", { mode: 0o600 });
      await outcomeOf(reader, what);
    }
  });
});

/** What may be in place of a file. */
const FOREIGN: readonly [what: string, make: (at: string) => void][] = [
  ["a FIFO", (at) => execFileSync("mkfifo", [at])],
  ["a link to a FIFO", (at) => (execFileSync("mkfifo", [`${at}.fifo`]), symlinkSync(`${at}.fifo`, at))],
  ["a link to a device that never ends", (at) => symlinkSync("/dev/zero", at)],
  ["a link to a terminal", (at) => symlinkSync("/dev/tty", at)],
  ["a circle of links", (at) => symlinkSync(at, at)],
  ["a folder", (at) => mkdirSync(at)],
  ["a sparse terabyte", (at) => (writeFileSync(at, ""), truncateSync(at, 2 ** 40))],
  ["an empty file", (at) => writeFileSync(at, "")],
  ["only zeros", (at) => writeFileSync(at, Buffer.alloc(4096))],
  ["bytes that aren't UTF-8", (at) => writeFileSync(at, Buffer.from([0xff, 0xfe, 0x00, 0xd8]))],
  ["a million brackets", (at) => writeFileSync(at, "[".repeat(1_000_000))],
  ["a million nested objects", (at) => writeFileSync(at, '{"a":'.repeat(1_000_000))]
];

describe.skipIf(process.platform === "win32").each(READERS)("$name", (reader) => {
  it.each(FOREIGN)(
    "refuses the file or treats it as missing, immediately, if it is %s [system.foreign-files]",
    async (what, make) => {
      const path = join(folder, reader.path);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      make(path);
      await outcomeOf(reader, what);
    }
  );
});

it.runIf(process.getuid?.() === 0)(
  "refuses a token file of another user [system.foreign-files]",
  async () => {
    const path = join(folder, `${fileKey(URL_)}.json`);
    writeFileSync(path, "{}", { mode: 0o600 });
    chownSync(path, 12_345, 12_345);
    await expect(fileStore(folder).read(URL_)).rejects.toMatchObject({ code: "store_unsafe" });
  }
);
