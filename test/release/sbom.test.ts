import { expect, it } from "vitest";
import { bundledPackages, fullName, installedSbom, publishedSbom } from "../../scripts/release/sbom.ts";

it("lists bundled packages and those installed with it in the bill of materials [release.sbom]", () => {
  const bundled = bundledPackages();
  expect(bundled.length).toBeGreaterThan(20);
  const installed = new Set(installedSbom().components.map(fullName));
  expect(bundled.filter((name) => !installed.has(name))).toEqual([]);
  const published = publishedSbom().components.map(fullName);
  const native = published.filter((name) => name.startsWith("@napi-rs/keyring"));
  expect(published.filter((name) => !native.includes(name)).sort()).toEqual([...new Set(bundled)].sort());
  expect(native.length).toBeGreaterThan(1);
});
