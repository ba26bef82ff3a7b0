import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { resolveSettings, type SettingFlags } from "../../src/config/settings.ts";
import { UsageError } from "../../src/errors.ts";

let folder: string;
let configDir: string;
let cwd: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "settings-"));
  configDir = join(folder, "config");
  cwd = join(folder, "project", "deep");
  mkdirSync(configDir);
  mkdirSync(cwd, { recursive: true });
});

function resolve(flags: SettingFlags = {}, env: Record<string, string> = {}) {
  return resolveSettings({ flags, env, cwd, configDir });
}

function writeUser(content: unknown): void {
  writeFileSync(
    join(configDir, "config.json"),
    typeof content === "string" ? content : JSON.stringify(content)
  );
}

function writeProject(content: unknown): void {
  writeFileSync(join(folder, "project", ".imgwire.json"), JSON.stringify(content));
}

describe("resolveSettings", () => {
  it("uses the defaults if nothing is set", () => {
    expect(resolve()).toMatchObject({
      url: new URL("https://mcp.imgwire.dev/mcp"),
      environment: undefined,
      tokenStore: "auto",
      logLevel: "warn",
      uploadRoots: undefined,
      warnings: []
    });
  });

  it("prefers flag, variable, project file, user config and default in this order", () => {
    writeUser({ environments: { "https://mcp.imgwire.dev/mcp": { id: "user-id", name: "User" } } });
    expect(resolve()).toMatchObject({ environment: "user-id", sources: { environment: "user config" } });
    writeProject({ environment: "project" });
    expect(resolve()).toMatchObject({ environment: "project", sources: { environment: "project file" } });
    const env = { IMGWIRE_ENVIRONMENT: "variable" };
    expect(resolve({}, env)).toMatchObject({
      environment: "variable",
      sources: { environment: "environment variable" }
    });
    expect(resolve({ environment: "flag" }, env)).toMatchObject({
      environment: "flag",
      sources: { environment: "flag" }
    });
  });

  it("keeps the selected Environments of two servers apart", () => {
    writeUser({ environments: { "http://127.0.0.1:9/mcp": { id: "local", name: "Local" } } });
    expect(resolve().environment).toBeUndefined();
    expect(resolve({ url: "http://127.0.0.1:9/mcp" }).environment).toBe("local");
  });

  it("never reads the URL from a project file", () => {
    writeProject({ url: "https://evil.example/mcp", environment: "p" });
    expect(resolve().url.href).toBe("https://mcp.imgwire.dev/mcp");
  });

  it("treats an empty variable as unset", () => {
    expect(resolve({}, { IMGWIRE_MCP_URL: "", IMGWIRE_LOG_LEVEL: "" })).toMatchObject({ logLevel: "warn" });
  });

  it("splits IMGWIRE_UPLOAD_ROOTS like PATH and uses the repeated flag as given", () => {
    expect(resolve({}, { IMGWIRE_UPLOAD_ROOTS: ["/a", "/b"].join(delimiter) }).uploadRoots).toEqual([
      "/a",
      "/b"
    ]);
    expect(resolve({ uploadRoots: ["/c"] }, { IMGWIRE_UPLOAD_ROOTS: "/a" }).uploadRoots).toEqual(["/c"]);
  });

  it.each([
    "http://mcp.imgwire.dev/mcp",
    "ftp://127.0.0.1/",
    "https://user:pass@mcp.imgwire.dev/mcp",
    "https://mcp.imgwire.dev/mcp#x",
    "http://127.0.0.1.evil.example/mcp",
    "not a url"
  ])("refuses %s as the server's URL and names the source", (url) => {
    expect(() => resolve({}, { IMGWIRE_MCP_URL: url })).toThrow(UsageError);
    expect(() => resolve({}, { IMGWIRE_MCP_URL: url })).toThrow(/^IMGWIRE_MCP_URL (is not|can't be)/);
  });

  it.each([
    "http://localhost:8080/mcp",
    "http://127.0.0.1:1/mcp",
    "http://[::1]:1/mcp",
    "https://mcp.corp.example/mcp"
  ])("accepts %s as the server's URL", (url) => expect(resolve({ url }).url.href).toBe(url));

  it("prefers the profile of flag, variable, project file, user config and default in this order [config.order]", () => {
    expect(resolve().profile).toBe("default");
    writeUser({ profile: "user" });
    expect(resolve()).toMatchObject({ profile: "user", sources: { profile: "user config" } });
    writeProject({ profile: "project" });
    expect(resolve()).toMatchObject({
      profile: "project",
      places: { profile: join(folder, "project", ".imgwire.json") }
    });
    expect(resolve({}, { IMGWIRE_PROFILE: "variable" }).profile).toBe("variable");
    expect(resolve({ profile: "flag" }, { IMGWIRE_PROFILE: "variable" }).profile).toBe("flag");
  });

  it.each(["../x", "a/b", "", " ", "-x", "x".repeat(65), "a\u0000b"])(
    "refuses the profile name %j [config.values]",
    (profile) => expect(() => resolve({ profile })).toThrow(UsageError)
  );

  it.each([
    ["1", true],
    ["TRUE", true],
    ["yes", true],
    ["0", false],
    ["off", false]
  ])("parses %j as %j [config.values]", (value, expected) => {
    expect(resolve({}, { IMGWIRE_READ_ONLY: value }).readOnly).toBe(expected);
    writeUser({ readOnly: value });
    expect(resolve().readOnly).toBe(expected);
  });

  it("refuses a value that is neither yes nor no, and names the source [config.values]", () => {
    expect(() => resolve({}, { IMGWIRE_READ_ONLY: "maybe" })).toThrow(
      'IMGWIRE_READ_ONLY is "maybe", but it must be true or false.'
    );
    writeUser({ readOnly: "maybe" });
    expect(() => resolve()).toThrow(`"readOnly" in ${join(configDir, "config.json")}`);
  });

  it.each(["0", "65536", "80.5", "-1", "0x50", "http", "1e3"])(
    "refuses the port %j [config.values]",
    (port) => {
      expect(() => resolve({}, { IMGWIRE_CALLBACK_PORT: port })).toThrow("1 to 65535");
    }
  );

  it("splits tool globs at commas in every source [config.values]", () => {
    expect(resolve({}, { IMGWIRE_TOOLS: "a*, b ,,c" }).tools).toEqual(["a*", "b", "c"]);
    expect(resolve({ excludeTools: ["a,b", "c"] }).excludeTools).toEqual(["a", "b", "c"]);
    writeUser({ tools: ["x", "y"], callbackPort: 4321, noApps: true });
    expect(resolve()).toMatchObject({ tools: ["x", "y"], callbackPort: 4321, noApps: true });
  });

  it("lists the allowed values if a setting has an invalid one", () => {
    expect(() => resolve({ tokenStore: "disk" })).toThrow(
      '--token-store is "disk", but it must be one of auto, keychain, file, memory.'
    );
  });

  it.each(['{"environments":', "[]", "\u0000\u0000"])(
    "continues with a warning if config.json contains %j",
    (text) => {
      writeUser(text);
      expect(resolve().warnings).toEqual([expect.stringMatching(/config\.json is not /)]);
    }
  );

  it("continues with a warning if the project file is broken", () => {
    writeFileSync(join(cwd, ".imgwire.json"), '{"environment');
    expect(resolve().warnings).toEqual([expect.stringMatching(/\.imgwire\.json is not valid JSON/)]);
  });
});
