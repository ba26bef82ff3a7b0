import type { Http } from "../../system/http.ts";
import type { Places } from "../../transfer/roots.ts";
import type { LocalCallContext } from "./local-tool.ts";
import type { Consent } from "./consent.ts";

/** What the tools that touch files are made from. */
export interface FileToolOptions extends Omit<Places, "clientRoots" | "cwd"> {
  http: () => Promise<Http>;
  cwd: () => string;
  /** The Environment that is in force, by id or name; undefined where the connection's own is used. */
  environment: () => string | undefined;
}

/** The same with what the tools share. */
export interface FileAccess extends FileToolOptions {
  consent: Consent;
}

/** The places that paths of one call are resolved and judged by. */
export async function placesFor(access: FileAccess, context: LocalCallContext): Promise<Places> {
  const { uploadRoots, home, temp, platform } = access;
  return { uploadRoots, home, temp, platform, cwd: access.cwd(), clientRoots: await context.roots() };
}
