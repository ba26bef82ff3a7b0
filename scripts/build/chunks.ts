import { basename, dirname, join } from "node:path";
import {
  build as bundle,
  type BuildOptions,
  type Loader,
  type Metafile,
  type OutputFile,
  type Plugin,
  type TransformOptions,
  transform
} from "esbuild";

/** The output style of chunks. Identifiers aren't minified, because stack traces show them. */
const STYLE = {
  format: "cjs",
  platform: "node",
  target: "node20",
  charset: "ascii",
  legalComments: "none",
  minifyWhitespace: true,
  sourcemap: "external",
  // Lazy chunks are loaded with `require`, too.
  supported: { "dynamic-import": false }
} as const satisfies BuildOptions & TransformOptions;

/** Maps a chunk's file name to its code, which ends with a source map that esbuild follows to the sources. */
type Chunks = ReadonlyMap<string, string>;

/**
 * An esbuild plugin that converts the ES module chunks of a split build to CommonJS. Those that the entry
 * point loads immediately are merged into its file, because every additional file slows down the start.
 * @param entry file name of the entry point's chunk
 */
export function commonJsChunks(entry: string): Plugin {
  return {
    name: "commonjs-chunks",
    setup(build) {
      build.onEnd(async (result) => {
        const outputs = result.outputFiles ?? [];
        const folder = dirname(outputs[0]!.path);
        const chunks: Chunks = new Map(
          outputs
            .filter(({ path }) => path.endsWith(".cjs"))
            .map((file) => [basename(file.path), withMap(file, outputs)])
        );
        const start = loadedImmediately(result.metafile!, entry);
        const later = [...chunks].filter(([name]) => !start.includes(name));
        const files = [
          merge(chunks, start, exportsOf(result.metafile!), folder),
          ...later.map(([name, code]) => convert(name, code, start, folder))
        ];
        result.outputFiles = (await Promise.all(files)).flat();
      });
    }
  };
}

function withMap({ path, text }: OutputFile, outputs: readonly OutputFile[]): string {
  const map = outputs.find((each) => each.path === `${path}.map`)!;
  const base64 = Buffer.from(map.contents).toString("base64");
  return `${text}\n//# sourceMappingURL=data:application/json;base64,${base64}`;
}

/** The chunks that the entry point loads immediately, with the entry point's own chunk last. */
function loadedImmediately({ outputs }: Metafile, entry: string): string[] {
  const byName = new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output]));
  const order: string[] = [];
  const visit = (name: string): void => {
    if (order.includes(name)) return;
    for (const { path, kind, external } of byName.get(name)!.imports)
      if (kind === "import-statement" && !external) visit(basename(path));
    order.push(name);
  };
  visit(entry);
  return order;
}

/** The names that each chunk exports. */
function exportsOf({ outputs }: Metafile): ReadonlyMap<string, readonly string[]> {
  return new Map(Object.entries(outputs).map(([path, output]) => [basename(path), output.exports]));
}

/**
 * Merges the immediately loaded chunks into one file. Lazy chunks find them in its export `chunks`, whose
 * members are created on demand: creating all of them would slow down every start.
 */
async function merge(
  chunks: Chunks,
  names: readonly string[],
  exported: ReadonlyMap<string, readonly string[]>,
  folder: string
): Promise<OutputFile[]> {
  const entry = names.at(-1)!;
  const parts = names.map((name, at) => {
    const members = exported.get(name) ?? [];
    const imported = members.map((member) => `${member} as ${local(at, member)}`);
    const getters = members.map((member) => `get ${member}() { return ${local(at, member)}; }`);
    return {
      statement: `import { ${imported.join(", ")} } from "./${name}";`,
      member: `get "${name}"() { return { ${getters.join(", ")} }; }`
    };
  });
  const { outputFiles } = await bundle({
    ...STYLE,
    stdin: {
      contents: [
        ...parts.map(({ statement }) => statement),
        `export * from "./${entry}";`,
        `export const chunks = { ${parts.map(({ member }) => member).join(", ")} };`
      ].join("\n")
    },
    bundle: true,
    write: false,
    outfile: join(folder, entry),
    plugins: [inMemory(chunks, names)]
  });
  return outputFiles;
}

/** The name of a chunk's member in the merged file. */
function local(at: number, member: string): string {
  return `chunk${at}_${member}`;
}

/** Resolves the named chunks to their code; everything else is loaded at run time. */
function inMemory(chunks: Chunks, names: readonly string[]): Plugin {
  const namespace = "chunk";
  return {
    name: "in-memory",
    setup(build) {
      build.onResolve({ filter: /^/ }, ({ path }) => {
        const name = basename(path);
        return names.includes(name) ? { path: name, namespace } : { path, external: true };
      });
      build.onLoad({ filter: /^/, namespace }, ({ path }) => ({
        contents: chunks.get(path)!,
        loader: "js" as Loader
      }));
    }
  };
}

async function convert(
  name: string,
  code: string,
  start: readonly string[],
  folder: string
): Promise<OutputFile[]> {
  const result = await transform(code, { ...STYLE, sourcefile: name });
  const redirected = result.code.replace(/\brequire\("\.\/([^"]+)"\)/g, (call, to: string) =>
    start.includes(to) ? `require("./${start.at(-1)!}").chunks["${to}"]` : call
  );
  return [outputFile(join(folder, name), redirected), outputFile(join(folder, `${name}.map`), result.map)];
}

function outputFile(path: string, text: string): OutputFile {
  return { path, text, contents: Buffer.from(text), hash: "" };
}
