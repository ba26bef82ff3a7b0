import { describe, expect, it } from "vitest";
import { resolvePaths } from "../../src/config/paths.ts";

describe("resolvePaths", () => {
  it.each([
    [
      "linux",
      "/home/ann",
      {},
      {
        config: "/home/ann/.config/imgwire-mcp",
        state: "/home/ann/.local/state/imgwire-mcp",
        cache: "/home/ann/.cache/imgwire-mcp",
        logs: "/home/ann/.local/state/imgwire-mcp/logs"
      }
    ],
    [
      "darwin",
      "/Users/ann",
      {},
      {
        config: "/Users/ann/Library/Application Support/imgwire-mcp",
        state: "/Users/ann/Library/Application Support/imgwire-mcp/state",
        cache: "/Users/ann/Library/Caches/imgwire-mcp",
        logs: "/Users/ann/Library/Logs/imgwire-mcp"
      }
    ],
    [
      "win32",
      "C:\\Users\\Ann",
      { APPDATA: "D:\\Roaming", LOCALAPPDATA: "D:\\Local" },
      {
        config: "D:\\Roaming\\imgwire-mcp",
        state: "D:\\Local\\imgwire-mcp\\state",
        cache: "D:\\Local\\imgwire-mcp\\cache",
        logs: "D:\\Local\\imgwire-mcp\\logs"
      }
    ],
    [
      "linux",
      "/home/ann",
      { IMGWIRE_CONFIG_DIR: "/srv/imgwire" },
      {
        config: "/srv/imgwire",
        state: "/srv/imgwire/state",
        cache: "/srv/imgwire/cache",
        logs: "/srv/imgwire/logs"
      }
    ]
  ] as const)("finds the program's folders on %s with home %s and %j", (platform, home, env, expected) => {
    expect(resolvePaths({ platform, home, env })).toEqual(expected);
  });

  it("finds the same folders if an agent has dropped the XDG variables", () => {
    const inputs = { platform: "linux", home: "/home/ann" } as const;
    expect(resolvePaths({ ...inputs, env: { XDG_CONFIG_HOME: "/x" } })).toEqual(
      resolvePaths({ ...inputs, env: {} })
    );
  });
});
