import { describe, expect, it } from "vitest";
import { candidatePaths, type PathContext } from "../../src/transfer/paths.ts";

const posix: PathContext = {
  clientRoots: ["/srv/site", "/srv/api"],
  cwd: "/",
  home: "/home/ann",
  platform: "linux"
};
const windows: PathContext = {
  clientRoots: ["C:\\work\\site"],
  cwd: "C:\\",
  home: "C:\\Users\\Ann",
  platform: "win32"
};

describe("candidatePaths", () => {
  it.each([
    ["/a/b.png", ["/a/b.png"]],
    ["/a/../b.png", ["/b.png"]],
    ["~/b.png", ["/home/ann/b.png"]],
    ["file:///a/b%20c.png", ["/a/b c.png"]],
    ["file://localhost/a/b.png", ["/a/b.png"]],
    ["img/b.png", ["/srv/site/img/b.png", "/srv/api/img/b.png", "/img/b.png"]],
    ["./b.png", ["/srv/site/b.png", "/srv/api/b.png", "/b.png"]],
    ["~b.png", ["/srv/site/~b.png", "/srv/api/~b.png", "/~b.png"]]
  ])("resolves the path %s", (written, candidates) => {
    expect(candidatePaths(written, posix)).toEqual(candidates);
  });

  it.each([
    ["C:\\a\\b.png", ["C:\\a\\b.png"]],
    ["C:/a/b.png", ["C:\\a\\b.png"]],
    ["~\\b.png", ["C:\\Users\\Ann\\b.png"]],
    ["file:///C:/a/b%20c.png", ["C:\\a\\b c.png"]],
    ["img\\b.png", ["C:\\work\\site\\img\\b.png", "C:\\img\\b.png"]],
    ["C:\\console\\nulls.png", ["C:\\console\\nulls.png"]],
    ["C:\\a\\com10.png", ["C:\\a\\com10.png"]],
    ["C:\\a\\my con.png", ["C:\\a\\my con.png"]]
  ])("resolves the path %s on Windows", (written, candidates) => {
    expect(candidatePaths(written, windows)).toEqual(candidates);
  });

  it.each([
    ["", "empty"],
    ["/a\0.png", "NUL"],
    ["file:///a%00.png", "NUL"],
    ["file://host/a.png", "another host"],
    ["file:///a%2Fb.png", "file URL"],
    ["https://example.com/a.png", "URL"]
  ])("refuses the path %j", (written, reason) => {
    expect(() => candidatePaths(written, posix)).toThrow(reason);
  });

  it.each([
    ["\\\\server\\share\\a.png", "network share"],
    ["//server/share/a.png", "network share"],
    ["\\\\.\\COM1", "device"],
    ["file:////server/share/a.png", "file URL"],
    ["file://server/share/a.png", "another host"],
    ["C:a.png", "relative to a drive"],
    ["C:\\a.png:stream", "stream"],
    ["a.png:stream", "stream"],
    ["NUL", "device"],
    ["con.png", "device"],
    ["C:\\a\\COM1.png", "device"],
    ["C:/a/lpt9", "device"],
    ["img\\COM¹.tar.png", "device"],
    ["C:\\a\\aux .png", "device"],
    ["C:\\a\\prn. ", "device"],
    ["CONIN$", "device"],
    ["~/nul.png", "device"],
    ["file:///C:/a/nul.png", "device"],
    ["C:\\nul\\a.png", "device"]
  ])("refuses the path %j on Windows", (written, reason) => {
    expect(() => candidatePaths(written, windows)).toThrow(reason);
  });
});
