import { mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createLog, redact, stripControls } from "../src/log.ts";
import { removeFolder } from "./support/folder.ts";

describe("redact", () => {
  it.each([
    ["Authorization: Bearer CANARY.abc-1", "Authorization: [redacted]"],
    ["sent Bearer CANARYCANARY to", "sent Bearer [redacted] to"],
    ["token eyJhbGciOiJSUzI1NiJ9.eyJDQU5BUlkiOjF9.sig here", "token [redacted] here"],
    ["https://cb/?code=CANARY&state=CANARY2&x=1", "https://cb/?code=[redacted]&state=[redacted]&x=1"],
    ['{"refresh_token":"CANARY","expires_in":3}', '{"refresh_token":"[redacted]","expires_in":3}'],
    [
      "https://s3/x?X-Amz-Signature=CANARY&X-Amz-Date=1",
      "https://s3/x?X-Amz-Signature=[redacted]&X-Amz-Date=1"
    ],
    ["http://me:CANARY@proxy:8080", "http://[redacted]@proxy:8080"]
  ])("hides the secret in %s", (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it("leaves ordinary text alone", () => {
    const text = "exit code: 3, state: new, the image 4f1c is READY at https://cdn.imgwire.dev/a/b/c?w=320";
    expect(redact(text)).toBe(text);
  });
});

describe("stripControls", () => {
  it("removes escape sequences, carriage returns, backspaces and bidirectional overrides", () => {
    expect(stripControls("a\u001b]52;c;aGk=\u0007b\rc\bd\u202ee\u009bf\n\tg")).toBe("a]52;c;aGk=bcdef\n\tg");
  });
});

describe("createLog", () => {
  it("prints its level and the ones above, and appends the same, redacted, to a private file", () => {
    const file = join(mkdtempSync(join(tmpdir(), "log-")), "log.txt");
    const lines: string[] = [];
    const log = createLog("warn", (line) => lines.push(line), file);
    log.error("broken: access_token=CANARY");
    log.warn("odd");
    log.info("chatty");
    expect(lines).toEqual(["imgwire: error: broken: access_token=[redacted]\n", "imgwire: warn: odd\n"]);
    expect(readFileSync(file, "utf8")).toMatch(/error broken: access_token=\[redacted\]\n.*warn odd\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("says once that the file cannot be written any more, and goes on without", async () => {
    const folder = mkdtempSync(join(tmpdir(), "log-"));
    const lines: string[] = [];
    const log = createLog("warn", (line) => lines.push(line), join(folder, "log.txt"));
    await removeFolder(folder);
    log.warn("first");
    log.warn("second");
    expect(lines).toEqual([
      "imgwire: warn: first\n",
      expect.stringMatching(/log file cannot be written any more/),
      "imgwire: warn: second\n"
    ]);
  });
});
