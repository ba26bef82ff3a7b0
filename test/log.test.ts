import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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
    ["http://me:CANARY@proxy:8080", "http://[redacted]@proxy:8080"],
    ["ftp://CANARY@host/x", "ftp://[redacted]@host/x"],
    [
      '"url":"https://s/x?a=1\\u0026sig=CANARY\\u0026b=2"',
      '"url":"https://s/x?a=1\\u0026sig=[redacted]\\u0026b=2"'
    ],
    ["next=https%3A%2F%2Fs%3Fa%26code%3DCANARY", "next=https%3A%2F%2Fs%3Fa%26code%3D[redacted]"],
    [
      JSON.stringify({ text: JSON.stringify({ access_token: "CANARY", n: 1 }) }),
      '{"text":"{\\"access_token\\":\\"[redacted]\\",\\"n\\":1}"}'
    ],
    ["The code 'CANARY0SplxlOBeZQQYbYS6' has been used", "The code '[redacted]' has been used"],
    ["invalid authorization code CANARY-CANARY-123.", "invalid authorization code [redacted]"],
    ["eyJDQU5BUlkiOiJDQU5BUlkifQ without a dot", "[redacted] without a dot"]
  ])("redacts the secret in %s [system.redaction]", (text, expected) => {
    expect(redact(text)).toBe(expected);
  });

  it("doesn't redact ordinary text", () => {
    const text = "exit code: 3, state: new, the image 4f1c is READY at https://cdn.imgwire.dev/a/b/c?w=320";
    expect(redact(text)).toBe(text);
  });
});

describe("redaction of a long text", () => {
  // A pattern that searches from each occurrence to the end takes quadratic time: about an hour for these
  // texts.
  it.each([
    "a",
    "a.",
    "code ",
    "-eyJ",
    "://a",
    "://",
    "authorization",
    "authorization ",
    "code=\\",
    '\\"',
    "Bearer ",
    "x:y@",
    "%26",
    "\\u0026"
  ])("redacts repeated %j in linear time, and shows only part of it [system.redaction]", (piece) => {
    const clean = redact(piece.repeat((16 * 1024 * 1024) / piece.length));
    expect(clean.length).toBeLessThan(8 * 1024 * 1024);
  });

  it.each([1, 2, 3, 4])("redacts a secret in JSON %i levels deep [system.redaction]", (levels) => {
    let text = JSON.stringify({ code: "CANARY", access_token: "CANARY" });
    for (let level = 1; level < levels; level += 1) text = JSON.stringify({ text });
    expect(redact(text)).not.toContain("CANARY");
  });

  it("shows no part of a secret at the point where text is cut off [system.redaction]", () => {
    for (const secret of ["access_token=CANARY", "http://me:CANARY@host", "Bearer CANARYCANARY"]) {
      for (let before = 1024 * 1024 - secret.length; before <= 1024 * 1024; before += 2) {
        const clean = redact(`${"-\n".repeat(before / 2)}${secret} tail`);
        expect(clean.slice(-200)).not.toContain("CANA");
      }
    }
  });
});

describe("stripControls", () => {
  it("removes escape sequences, carriage returns, backspaces and bidirectional overrides", () => {
    expect(stripControls("a\u001b]52;c;aGk=\u0007b\rc\bd\u202ee\u009bf\n\tg")).toBe("a]52;c;aGk=bcdef\n\tg");
  });
});

describe("createLog", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "log-"))));
  afterEach(() => removeFolder(folder));

  it("logs its own level and those above, and appends the same lines, redacted, to a private file", () => {
    const file = join(folder, "log.txt");
    const lines: string[] = [];
    const log = createLog("warn", (line) => lines.push(line), file);
    log.error("broken: access_token=CANARY");
    log.warn("odd");
    log.info("chatty");
    expect(lines).toEqual(["imgwire: error: broken: access_token=[redacted]\n", "imgwire: warn: odd\n"]);
    expect(readFileSync(file, "utf8")).toMatch(/error broken: access_token=\[redacted\]\n.*warn odd\n$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each([
    ["a symbolic link", (file: string) => symlinkSync("/dev/null", file), "symbolic link"],
    ["a FIFO", (file: string) => execFileSync("mkfifo", [file]), "can't be the log file"],
    ["a folder", (file: string) => mkdirSync(file), "can't be the log file"]
  ])("refuses %s as the log file immediately [system.log-file]", (_, make, why) => {
    const file = join(folder, "log.txt");
    make(file);
    expect(() => createLog("warn", () => undefined, file)).toThrow(why);
  });

  it("refuses a FIFO with a reader as the log file [system.log-file]", () => {
    const file = join(folder, "log.txt");
    execFileSync("mkfifo", [file]);
    const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    expect(() => createLog("warn", () => undefined, file)).toThrow("not a regular file");
    closeSync(reader);
  });

  it("leaves the mode of a link's target alone [system.log-file]", () => {
    writeFileSync(join(folder, "target"), "", { mode: 0o644 });
    symlinkSync("target", join(folder, "log.txt"));
    expect(() => createLog("warn", () => undefined, join(folder, "log.txt"))).toThrow(
      expect.objectContaining({ code: "log_file_refused" })
    );
    expect(statSync(join(folder, "target")).mode & 0o777).toBe(0o644);
  });

  it("says once that the log file can no longer be written, and continues without it", async () => {
    const lines: string[] = [];
    const log = createLog("warn", (line) => lines.push(line), join(folder, "log.txt"));
    await removeFolder(folder);
    log.warn("first");
    log.warn("second");
    expect(lines).toEqual([
      "imgwire: warn: first\n",
      expect.stringMatching(/Stopped writing the log file/),
      "imgwire: warn: second\n"
    ]);
  });
});
