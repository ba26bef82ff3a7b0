import { join } from "node:path";
import { signIn } from "../../sandbox/client/oauth.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { freshFolder } from "../transfer/samples.ts";
import { baseEnv } from "./program.ts";

export interface SignedIn {
  sandbox: Sandbox;
  /** A folder to work in, which also contains the configuration. */
  folder: Awaited<ReturnType<typeof freshFolder>>;
  /** The environment in which the built programs are signed in to the sandbox. */
  env: Record<string, string>;
}

/** Starts a sandbox that processes images immediately, with a user who is signed in by an access token. */
export async function startSignedIn(extra: Record<string, string> = {}): Promise<SignedIn> {
  const sandbox = await startSandbox({ autoApprove: true, processingMs: 0, accessTokenTtl: 3600 });
  const folder = await freshFolder();
  const env = baseEnv({
    IMGWIRE_MCP_URL: sandbox.mcpUrl,
    IMGWIRE_ACCESS_TOKEN: (await signIn(sandbox)).accessToken,
    IMGWIRE_CONFIG_DIR: join(folder.path, "config"),
    ...extra
  });
  return { sandbox, folder, env };
}
