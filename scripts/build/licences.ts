import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

interface Manifest {
  name: string;
  version: string;
  license?: string;
  author?: string | { name: string };
}

const HEADING = "The packages below are part of the files in this folder, under these licences.";

/**
 * The licences of the packages that modules are from, each under `== <name> <version>`: most of them are to go with
 * every copy.
 * @param modules absolute paths
 * @throws Error for a package that does not say under which licence it is
 */
export function licencesOf(modules: readonly string[]): string {
  const folders = modules.map(
    (path) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/.exec(path)?.[0]
  );
  const texts = [...new Set(folders)].filter((folder) => folder !== undefined).map(licenceOf);
  return `${[HEADING, ...texts.sort()].join("\n\n")}\n`;
}

function licenceOf(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
  const { name, version, license, author } = manifest;
  const files = readdirSync(folder).filter((each) => /^(?:licen[cs]e|copying|notice)/i.test(each));
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  if (texts.length === 0) {
    if (!license) throw new Error(`${name} does not say under which licence it is.`);
    const holder = typeof author === "object" ? author.name : author;
    texts.push(`${license}${holder ? `, by ${holder}` : ""}`);
  }
  return [`== ${name} ${version}`, ...texts].join("\n\n").replaceAll("\r\n", "\n");
}
