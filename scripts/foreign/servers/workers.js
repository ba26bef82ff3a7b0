import { join } from "node:path";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const { PORT, STATE, TTL } = process.env;
const bundled = await build({
  entryPoints: [join(import.meta.dirname, process.env.ENTRY ?? "worker.js")],
  bundle: true,
  write: false,
  format: "esm",
  target: "es2022",
  conditions: ["workerd", "worker", "import"],
  external: ["cloudflare:*", "node:*"],
  alias: { path: "node:path" },
  logLevel: "error"
});
const miniflare = new Miniflare({
  modules: true,
  script: bundled.outputFiles[0].text,
  host: "127.0.0.1",
  port: Number(PORT),
  compatibilityDate: "2026-07-01",
  compatibilityFlags: ["nodejs_compat", "global_fetch_strictly_public"],
  bindings: { BASE: `http://127.0.0.1:${PORT}`, TTL },
  kvNamespaces: ["OAUTH_KV"],
  kvPersist: join(STATE, "kv"),
  durableObjects: { COUNTERPART: { className: "Counterpart", useSQLite: true } },
  durableObjectsPersist: join(STATE, "objects")
});
await miniflare.ready;
process.once("SIGTERM", () => void miniflare.dispose().then(() => process.exit()));
