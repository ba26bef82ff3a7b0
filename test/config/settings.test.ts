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
  it("falls back to the defaults", () => {
    expect(resolve()).toMatchObject({
      url: new URL("https://mcp.imgwire.dev/mcp"),
      environment: undefined,
      tokenStore: "auto",
      logLevel: "warn",
      uploadRoots: undefined,
      warnings: []
    });
  });

  it("takes flag, variable, project file, user config, default, in this order", () => {
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

  it("keeps the chosen Environments of two services apart", () => {
    writeUser({ environments: { "http://127.0.0.1:9/mcp": { id: "local", name: "Local" } } });
    expect(resolve().environment).toBeUndefined();
    expect(resolve({ url: "http://127.0.0.1:9/mcp" }).environment).toBe("local");
  });

  it("never takes a URL from a project file", () => {
    writeProject({ url: "https://evil.example/mcp", environment: "p" });
    expect(resolve().url.href).toBe("https://mcp.imgwire.dev/mcp");
  });

  it("treats an empty variable as one that is not set", () => {
    expect(resolve({}, { IMGWIRE_MCP_URL: "", IMGWIRE_LOG_LEVEL: "" })).toMatchObject({ logLevel: "warn" });
  });

  it("splits upload roots like PATH and takes the repeated flag as it is", () => {
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
  ])("refuses %s as endpoint and says where it came from", (url) => {
    expect(() => resolve({}, { IMGWIRE_MCP_URL: url })).toThrow(UsageError);
    expect(() => resolve({}, { IMGWIRE_MCP_URL: url })).toThrow(/^IMGWIRE_MCP_URL is not/);
  });

  it.each([
    "http://localhost:8080/mcp",
    "http://127.0.0.1:1/mcp",
    "http://[::1]:1/mcp",
    "https://mcp.corp.example/mcp"
  ])("accepts %s", (url) => expect(resolve({ url }).url.href).toBe(url));

  it("names the allowed values of a setting that has a wrong one", () => {
    expect(() => resolve({ tokenStore: "disk" })).toThrow(
      '--token-store is "disk", but it must be one of auto, keychain, file, memory.'
    );
  });

  it.each(['{"environments":', "[]", "\u0000\u0000"])(
    "goes on with a warning when config.json holds %j",
    (text) => {
      writeUser(text);
      expect(resolve().warnings).toEqual([expect.stringContaining("config.json is ignored")]);
    }
  );

  it("goes on with a warning when the project file is broken", () => {
    writeFileSync(join(cwd, ".imgwire.json"), '{"environment');
    expect(resolve().warnings).toEqual([expect.stringContaining(".imgwire.json is ignored")]);
  });
});
