import type { Http } from "../../system/http.ts";
import type { PathPolicy } from "../../transfer/roots.ts";
import type { LocalCallContext } from "./local-tool.ts";
import type { Consent } from "./consent.ts";

/** What the tools that touch files are made from. */
export interface FileToolOptions extends Omit<PathPolicy, "clientRoots" | "cwd"> {
  /** Saves a folder as one that uploads may always read from. */
  allowAlways?: (folder: string) => Promise<void>;
  http: () => Promise<Http>;
  cwd: () => string;
  /** The Environment that is in force, by id or name; undefined where the connection's own is used. */
  environment: () => string | undefined;
}

/** The same with what the tools share. */
export interface FileAccess extends FileToolOptions {
  consent: Consent;
}

/** The policy that paths of one call are resolved and judged by. */
export async function pathPolicyFor(access: FileAccess, context: LocalCallContext): Promise<PathPolicy> {
  return { ...access, cwd: access.cwd(), clientRoots: await context.roots() };
}
