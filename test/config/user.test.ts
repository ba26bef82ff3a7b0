import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { readUserConfig, saveEnvironment } from "../../src/config/user.ts";

const URL_A = "https://a.example/mcp";
let configDir: string;
let file: string;

beforeEach(() => {
  configDir = mkdtempSync(join(tmpdir(), "user-"));
  file = join(configDir, "config.json");
});

describe("saveEnvironment", () => {
  it("keeps unknown members and other servers' Environments when it saves an Environment", async () => {
    writeFileSync(
      file,
      JSON.stringify({ fromTheFuture: { a: 1 }, environments: { other: { id: "o", name: "O" } } })
    );
    await saveEnvironment(configDir, URL_A, { id: "1", name: "One" });
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      fromTheFuture: { a: 1 },
      environments: { other: { id: "o", name: "O" }, [URL_A]: { id: "1", name: "One" } }
    });
    await saveEnvironment(configDir, URL_A);
    expect(readUserConfig(configDir).environments).toEqual({ other: { id: "o", name: "O" } });
  });

  it("sets an unreadable file aside instead of overwriting it", async () => {
    writeFileSync(file, '{"environments": {');
    await saveEnvironment(configDir, URL_A, { id: "1", name: "One" });
    expect(readUserConfig(configDir).environments[URL_A]?.id).toBe("1");
    const aside = readdirSync(configDir).find((name) => name.startsWith("config.json.unreadable-"));
    expect(readFileSync(join(configDir, aside ?? ""), "utf8")).toBe('{"environments": {');
  });

  it("loses nothing if 20 Environments are saved at the same time", async () => {
    const urls = Array.from({ length: 20 }, (_, index) => `https://${index}.example/mcp`);
    await Promise.all(urls.map((url) => saveEnvironment(configDir, url, { id: url, name: "n" })));
    expect(Object.keys(readUserConfig(configDir).environments).sort()).toEqual([...urls].sort());
  });
});
