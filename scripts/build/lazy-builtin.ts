import type { Plugin } from "esbuild";

/** A module of Node that takes long to load. */
export interface LazyBuiltin {
  module: string;
  /** The functions that are imported from it. */
  functions: readonly string[];
  /** The packages that import no others; our own sources don't either. */
  packages: readonly string[];
}

/** An esbuild plugin that loads a module of Node when one of its functions is first called. */
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
