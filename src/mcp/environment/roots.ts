import { fileURLToPath } from "node:url";
import { isObject } from "../../system/json.ts";
import type { HostedCall } from "../calls/hosted-call.ts";

/** Clients answer this by themselves; one that does not must not keep a call waiting. */
const PATIENCE_MS = 3_000;

/** Asks the client for its roots: absolute paths in its order, none where it has none or does not answer. */
export async function askForRoots(call: Pick<HostedCall, "client" | "ask">): Promise<readonly string[]> {
  if (!isObject(call.client.capabilities["roots"])) return [];
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), PATIENCE_MS);
  const { roots } = await call.ask({ roots: { method: "roots/list" } }, controller.signal);
  clearTimeout(timer);
  if (!roots || "error" in roots || !Array.isArray(roots.result["roots"])) return [];
  return roots.result["roots"].flatMap((root: unknown) => {
    const uri = isObject(root) ? root["uri"] : undefined;
    return typeof uri === "string" ? localPath(uri) : [];
  });
}

/** The absolute path of a `file:` URI on this machine; nothing for any other. */
function localPath(uri: string): string[] {
  try {
    return [fileURLToPath(uri)];
  } catch {
    return [];
  }
}
