import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { changeStore } from "../../src/config/user-store.ts";
import { removeFolder } from "../support/folder.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "imgwire-user-store-"));
  file = join(folder, "config.json");
});
afterEach(() => removeFolder(folder));

type Migrations = NonNullable<Parameters<typeof changeStore>[3]>;

/** A migration from an imagined version that called the URL `server`. */
const RENAMED: Migrations = {
  "0.1.0": (store) => {
    store.set("url", store.get("server"));
    store.delete("server");
  }
};

function writeOld(content: object): void {
  writeFileSync(file, JSON.stringify({ ...content, __internal__: { migrations: { version: "0.0.9" } } }));
}

function stored(): Record<string, unknown> {
  return JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
}

describe("the configuration file of an earlier version", () => {
  it("migrates an earlier version's file on the first change and keeps the rest [config.file]", async () => {
    writeOld({ server: "https://old.example/mcp", other: { kept: true } });
    await changeStore(folder, file, (content) => ({ ...content, noApps: true }), RENAMED);
    expect(stored()).toMatchObject({ url: "https://old.example/mcp", noApps: true, other: { kept: true } });
    expect(stored()).not.toHaveProperty("server");
  });

  it("migrates a configuration file only once [config.file]", async () => {
    writeOld({ server: "https://old.example/mcp" });
    for (const noApps of [true, false])
      await changeStore(folder, file, (content) => ({ ...content, noApps }), RENAMED);
    expect(stored()).toMatchObject({ url: "https://old.example/mcp", noApps: false });
  });

  it("prefers a change to the migrated value [config.file]", async () => {
    writeOld({ server: "https://old.example/mcp" });
    const url = "https://new.example/mcp";
    await changeStore(folder, file, (content) => ({ ...content, url }), RENAMED);
    expect(stored()).toMatchObject({ url });
  });

  it("leaves a file unchanged that can't be migrated [config.file]", async () => {
    writeOld({ server: 7 });
    const before = readFileSync(file, "utf8");
    const change = changeStore(folder, file, (content) => ({ ...content, noApps: true }), RENAMED);
    await expect(change).rejects.toMatchObject({ code: "config_invalid" });
    expect(readFileSync(file, "utf8")).toBe(before);
  });
});
