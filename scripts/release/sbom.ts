import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../program.ts";

interface Component {
  "bom-ref": string;
  name: string;
  version: string;
  group?: string;
}

interface Sbom {
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** The packages whose code is in the built program, as `name@version`. */
export function bundledPackages(): string[] {
  const text = readFileSync(join(ROOT, "dist/LICENSES.txt"), "utf8");
  return Array.from(text.matchAll(/^== (\S+) (\S+)$/gm), ([, name, version]) => `${name}@${version}`);
}

/** All packages installed here according to npm, as CycloneDX. */
export function installedSbom(...args: string[]): Sbom {
  const options = ["sbom", "--sbom-format", "cyclonedx", "--sbom-type", "application", ...args];
  const output = execFileSync("npm", options, { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 28 });
  return JSON.parse(output) as Sbom;
}

/** The bill of materials of the published package: what it bundles and what npm installs with it. */
export function publishedSbom(): Sbom {
  const all = installedSbom();
  const shipped = new Set([...bundledPackages(), ...installedSbom("--omit", "dev").components.map(fullName)]);
  const components = all.components.filter((component) => shipped.has(fullName(component)));
  const refs = new Set(components.map((component) => component["bom-ref"]));
  const own = all.metadata.component["bom-ref"];
  const dependencies = all.dependencies
    .filter(({ ref }) => ref === own || refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));
  return { ...all, components, dependencies };
}

/** Returns `name@version`, including the scope. */
export function fullName({ group, name, version }: Component): string {
  const scoped = group && !name.startsWith("@") ? `${group}/${name}` : name;
  return `${scoped}@${version}`;
}
