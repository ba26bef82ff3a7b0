import { describe, expect, it } from "vitest";
import { type CommandInputs, serverCommand } from "../../src/agents/command.ts";

const INPUTS: CommandInputs = {
  platform: "linux",
  execPath: "/home/ada/.nvm/versions/node/v22.1.0/bin/node",
  binPath: "/home/ada/.nvm/versions/node/v22.1.0/lib/node_modules/imgwire-mcp/bin/imgwire.js",
  shared: false,
  env: {},
  sameFile: () => false,
  exists: () => true
};
const NPX_CACHE = "/home/ada/.npm/_npx/1a2b/node_modules/imgwire-mcp/bin/imgwire.js";

describe("an installed package", () => {
  it("starts an installed package by the absolute paths of Node and its script", () => {
    expect(serverCommand({ ...INPUTS, env: { IMGWIRE_MCP_URL: "u" } })).toEqual({
      command: "/home/ada/.nvm/versions/node/v22.1.0/bin/node",
      args: ["/home/ada/.nvm/versions/node/v22.1.0/lib/node_modules/imgwire-mcp/bin/imgwire-mcp.js"],
      env: { IMGWIRE_MCP_URL: "u" }
    });
  });

  it("starts an installed package on Windows without a command interpreter, even if the path has spaces", () => {
    const windows = {
      platform: "win32" as const,
      execPath: "C:\\Program Files\\nodejs\\node.exe",
      binPath: "C:\\Users\\Ada L\\AppData\\Roaming\\npm\\node_modules\\imgwire-mcp\\bin\\imgwire.js"
    };
    expect(serverCommand({ ...INPUTS, ...windows })).toEqual({
      command: "C:\\Program Files\\nodejs\\node.exe",
      args: ["C:\\Users\\Ada L\\AppData\\Roaming\\npm\\node_modules\\imgwire-mcp\\bin\\imgwire-mcp.js"],
      env: {}
    });
  });

  it.each([
    ["/opt/homebrew/Cellar/node/22.1.0/bin/node", "/opt/homebrew/opt/node/bin/node"],
    ["/usr/local/Cellar/node@20/20.9.0_1/bin/node", "/usr/local/opt/node@20/bin/node"]
  ])(
    "starts an installed package by a path that outlives an upgrade of Homebrew's %s",
    (execPath, lasting) => {
      const sameFile = (path: string, other: string): boolean => path === lasting && other === execPath;
      expect(serverCommand({ ...INPUTS, platform: "darwin", execPath, sameFile }).command).toBe(lasting);
      expect(serverCommand({ ...INPUTS, platform: "darwin", execPath }).command).toBe(execPath);
    }
  );
});

describe("a package run from a cache", () => {
  it.each([
    NPX_CACHE,
    "/home/ada/.cache/pnpm/dlx/abc/node_modules/imgwire-mcp/bin/imgwire.js",
    "/tmp/bunx-1000-imgwire-mcp@latest/node_modules/imgwire-mcp/bin/imgwire.js",
    "C:\\Users\\ada\\AppData\\Local\\npm-cache\\_npx\\1a2b\\node_modules\\imgwire-mcp\\bin\\imgwire.js"
  ])("starts a package from a cache with npx: %s", (binPath) => {
    expect(serverCommand({ ...INPUTS, binPath }).args).toEqual(["-y", "imgwire-mcp"]);
  });

  it("starts a cached package by the absolute path of npx and tells npx where Node is", () => {
    expect(serverCommand({ ...INPUTS, binPath: NPX_CACHE, env: { A: "1" } })).toEqual({
      command: "/home/ada/.nvm/versions/node/v22.1.0/bin/npx",
      args: ["-y", "imgwire-mcp"],
      env: { PATH: "/home/ada/.nvm/versions/node/v22.1.0/bin:/usr/local/bin:/usr/bin:/bin", A: "1" }
    });
    expect(serverCommand({ ...INPUTS, binPath: NPX_CACHE, execPath: "/usr/bin/node" })).toEqual({
      command: "/usr/bin/npx",
      args: ["-y", "imgwire-mcp"],
      env: {}
    });
  });

  it("uses the bare name npx if it isn't next to Node, and in files shared with other machines", () => {
    const plain = { command: "npx", args: ["-y", "imgwire-mcp"], env: {} };
    expect(serverCommand({ ...INPUTS, binPath: NPX_CACHE, exists: () => false })).toEqual(plain);
    expect(serverCommand({ ...INPUTS, binPath: NPX_CACHE, shared: true })).toEqual(plain);
  });

  it("starts npx through the command interpreter on Windows, where it is a batch file", () => {
    const binPath = "C:\\npm-cache\\_npx\\1a2b\\node_modules\\imgwire-mcp\\bin\\imgwire.js";
    expect(
      serverCommand({ ...INPUTS, platform: "win32", execPath: "C:\\nodejs\\node.exe", binPath })
    ).toEqual({ command: "cmd", args: ["/c", "npx", "-y", "imgwire-mcp"], env: {} });
  });
});
