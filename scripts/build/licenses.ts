import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile, Plugin } from "esbuild";

interface Manifest {
  name: string;
  version: string;
  license?: string;
  author?: string | { name: string };
}

const HEADING = "The packages below are part of the files in this folder, under these licenses.";

/**
 * An esbuild plugin that writes the licenses of all bundled packages to a file next to the code, each under
 * `== <name> <version>`. Most licenses require a copy to be included.
 */
export function licensesFile(name: string): Plugin {
  return {
    name: "licenses-file",
    setup(build) {
      const folder = build.initialOptions.outdir!;
      build.onEnd((result) => {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, name), licensesOf(bundledModules(result.metafile!)));
      });
    }
  };
}

/** The paths of modules that are part of the output. */
function bundledModules({ outputs }: Metafile): string[] {
  return Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs)
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([path]) => path)
  );
}

/** @throws Error if a package doesn't state its license */
function licensesOf(modules: readonly string[]): string {
  const folders = modules.map(
    (path) => /^(?:.*[\\/])?node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/.exec(path)?.[0]
  );
  const texts = [...new Set(folders)].filter((folder) => folder !== undefined).map(licenseOf);
  return `${[HEADING, ...texts.sort()].join("\n\n")}\n`;
}

function licenseOf(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const { name, version, license, author } = manifest;
  const files = readdirSync(folder).filter((each) => /^(?:licen[cs]e|copying|notice)/i.test(each));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), "utf8").trim());
  if (texts.length === 0) {
    if (!license) throw new Error(`${name} doesn't state its license.`);
    const holder = typeof author === "object" ? author.name : author;
    texts.push(`${license}${holder ? `, by ${holder}` : ""}`);
  }
  return [`== ${name} ${version}`, ...texts].join("\n\n").replaceAll("\r\n", "\n");
}
