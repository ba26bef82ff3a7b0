import { describe, expect, it } from "vitest";
import { notesOf } from "../../scripts/release/changelog.ts";

const TEXT =
  "# Changelog\n\n## Unreleased\n\n## 1.1.0 - 2026-11-26\n\n### Added\n\n- A thing.\n\n## 1.0.0 - 2026-11-01\n\n- It.\n";

describe("the notes of a release", () => {
  it("uses the changelog's section for the version as release notes [release.notes]", () => {
    expect(notesOf(TEXT, "1.1.0")).toBe("### Added\n\n- A thing.\n");
    expect(notesOf(TEXT, "1.0.0")).toBe("- It.\n");
  });

  it.each(["1.2.0", "1.1", "Unreleased"])(
    "refuses release notes for %s, about which the changelog says nothing",
    (version) => {
      expect(() => notesOf(TEXT, version)).toThrow(/CHANGELOG/);
    }
  );
});
