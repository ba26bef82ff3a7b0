import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build as bundle, type Plugin } from "esbuild";

const PAGES = ["gallery", "image", "metrics", "upload"];

/** A placeholder that the server replaces with the CDN's origin when a host reads a page. */
const CDN_PLACEHOLDER = "https://cdn.invalid";

/**
 * An esbuild plugin that writes each page of `src/apps` as a single HTML file with inline script and style.
 * The page's own Content-Security-Policy allows nothing else except pictures from the CDN.
 * @param folder below the build's output
 */
export function appPages(folder: string): Plugin {
  return {
    name: "app-pages",
    setup(build) {
      const target = join(build.initialOptions.outdir!, folder);
      build.onEnd(async () => {
        mkdirSync(target, { recursive: true });
        const style = await compile("src/apps/style.css");
        for (const page of PAGES)
          writeFileSync(
            join(target, `${page}.html`),
            htmlOf(page, style, await compile(`src/apps/${page}.ts`))
          );
      });
    }
  };
}

async function compile(entry: string): Promise<string> {
  const { outputFiles } = await bundle({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: ["chrome123", "firefox128", "safari17.5"],
    charset: "ascii",
    legalComments: "none",
    write: false
  });
  return outputFiles[0]!.text.trim();
}

function htmlOf(page: string, style: string, script: string): string {
  const policy = [
    "default-src 'none'",
    `script-src '${sha256(script)}'`,
    `style-src '${sha256(style)}'`,
    `img-src ${CDN_PLACEHOLDER}`,
    "base-uri 'none'",
    "form-action 'none'"
  ];
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Imgwire ${page}</title>`,
    `<style>${style}</style>`,
    "</head>",
    `<body><script>${script}</script></body>`,
    "</html>",
    ""
  ].join("\n");
}

function sha256(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
