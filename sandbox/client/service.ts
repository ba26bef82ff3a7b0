import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** A sandbox in its own process, as started by `npm run sandbox`. */
export interface Service {
  mcpUrl: string;
  issuer: string;
  storageUrl: string;
  cdnUrl: string;
  dashboardUrl: string;
  /** Stops it and waits until it has exited. */
  stop(): Promise<void>;
}

/** Starts the sandbox and resolves when it is ready. */
export async function startService(...options: string[]): Promise<Service> {
  const args = ["--import", "tsx", join(ROOT, "sandbox/main.ts"), "--json", ...options];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { ...(JSON.parse(line) as Omit<Service, "stop">), stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.stdin?.end();
  await once(child, "exit");
}
