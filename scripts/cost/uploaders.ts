import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { StdioDriver } from "../../sandbox/client/stdio-driver.ts";
import { bin } from "../program.ts";
import { plainEnv } from "./server.ts";

/** The destination of uploads. */
export interface Destination {
  /** The URL of the hosted server, which creates uploads. */
  url: string;
  /** The URL of the storage, which accepts uploads at any path. */
  storage: string;
  /** The file with the certificate to trust. */
  ca: string;
}

/**
 * Uploads all files of a folder concurrently.
 * @param timed runs the part to measure, without the preparations
 */
export type Uploader = (
  to: Destination,
  folder: string,
  files: readonly string[],
  timed: (act: () => Promise<void>) => Promise<void>
) => Promise<void>;

/** Ignores the user's own settings. */
async function run(program: string, args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { env: { PATH: process.env["PATH"] } });
}

/** The built server with an agent that has listed its tools. */
export const throughProgram: Uploader = async ({ url, ca }, folder, files, timed) => {
  const home = mkdtempSync(join(tmpdir(), "imgwire-cost-"));
  const env = { ...plainEnv(home, url), IMGWIRE_UPLOAD_ROOTS: folder, NODE_EXTRA_CA_CERTS: ca };
  const agent = new StdioDriver({ args: [bin("imgwire-mcp")], env });
  const died = agent.exited.then(() => Promise.reject(new Error(`imgwire-mcp ended: ${agent.stderr}`)));
  try {
    await Promise.race([
      agent.initialize().then(() => agent.call("retrieve_image", { image_id: "none" })),
      died
    ]);
    await timed(async () => {
      const calls = files.map((name) => agent.call("upload_image", { path: join(folder, name) }));
      const answers = await Promise.race([Promise.all(calls), died]);
      const failed = answers.find(({ error, result }) => error ?? result?.["isError"]);
      if (failed) throw new Error(JSON.stringify(failed));
    });
  } finally {
    died.catch(() => undefined);
    await agent.end();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
};

/** Uploads with curl, which gets a URL for each file. */
export const byCurl: Uploader = async ({ storage, ca }, folder, files, timed) => {
  const each = files.flatMap((name, index) => {
    const to = new URL(`/store/${name}`, storage).href;
    const headers = ["-H", "content-type: image/png", "-H", "expect:"];
    const next = index > 0 ? ["--next"] : [];
    return [...next, "-sSf", "--cacert", ca, "-o", "/dev/null", ...headers, "-T", join(folder, name), to];
  });
  const parallel = ["--parallel", "--parallel-immediate", "--parallel-max", String(files.length)];
  await timed(() => run("curl", [...parallel, ...each]));
};

/** Uploads with rclone, which signs its URLs itself. Its checks before and after an upload are turned off. */
export const byRclone: Uploader = async ({ storage, ca }, folder, files, timed) => {
  const keys = ["--s3-access-key-id", "cost", "--s3-secret-access-key", "cost"];
  const service = ["--s3-provider", "Other", "--s3-endpoint", new URL(storage).origin, ...keys];
  const plain = ["--s3-no-check-bucket", "--s3-no-head", "--no-check-dest", "--s3-upload-cutoff", "5G"];
  const once = ["--retries", "1", "--low-level-retries", "1"];
  const wide = ["--transfers", String(files.length), "--checkers", String(files.length)];
  const options = [...service, ...plain, ...once, ...wide, "--ca-cert", ca, "--config", "/dev/null", "-q"];
  await timed(() => run("rclone", ["copy", folder, ":s3:store", ...options]));
};
