import { join } from "node:path";
import { signIn } from "../../sandbox/client/oauth.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { freshFolder } from "../transfer/samples.ts";
import { baseEnv } from "./program.ts";

export interface SignedIn {
  sandbox: Sandbox;
  /** A folder to work in, which holds the configuration too. */
  folder: Awaited<ReturnType<typeof freshFolder>>;
  /** What the built programs need to be signed in to the sandbox. */
  env: Record<string, string>;
}

/** A service that has processed each image at once, and a user who is signed in to it by an access token. */
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
