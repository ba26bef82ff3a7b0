import type { Plugin } from "esbuild";

/** A built-in module of Node that is slow to load. */
export interface LazyBuiltin {
  module: string;
  /** The functions that are imported from it. */
  functions: readonly string[];
  /** The packages that import only these functions. The program's own sources must do so too. */
  packages: readonly string[];
}

/** An esbuild plugin that loads a built-in module when one of its functions is first called. */
export function lazyBuiltin({ module, functions, packages }: LazyBuiltin): Plugin {
  const namespace = "lazy-builtin";
  const isKnown = (importer: string): boolean => {
    const [, name] = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(importer) ?? [];
    return name === undefined || packages.includes(name);
  };
  return {
    name: namespace,
    setup(build) {
      build.onResolve({ filter: new RegExp(`^node:${module}$`) }, ({ importer }) =>
        isKnown(importer) ? { path: module, namespace } : undefined
      );
      build.onLoad({ filter: /^/, namespace }, () => ({
        contents: functions
          .map((name) => `exports.${name} = (...args) => require("${module}").${name}(...args);`)
          .join("\n")
      }));
    }
  };
}
