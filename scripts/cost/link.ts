import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** A simulated link to a distant user with a poor network. */
export interface Link {
  /** The address on which a server listens. */
  near: string;
  /** The address under which its users reach it over the link. */
  far: string;
  close: () => Promise<void>;
}

/** This machine can't simulate a link; the message says why. */
export class NoLinkError extends Error {}

/** Addresses reserved for benchmarking network devices (RFC 2544), so that they are used nowhere else. */
const [NEAR, FAR] = ["198.18.0.1", "198.18.0.2"];
const ROUND_TRIP_MS = 50;
const LOSS = 0.01;
const MBIT_PER_S = 100;

/**
 * Opens the link by means of a TUN device.
 * @throws NoLinkError without root, TUN or Python
 */
export async function openLink(): Promise<Link> {
  const args = [NEAR, FAR, ROUND_TRIP_MS / 2, LOSS, MBIT_PER_S].map(String);
  const child = spawn("python3", [join(import.meta.dirname, "link.py"), ...args], { stdio: "pipe" });
  const gone = once(child, "close").catch((error: Error) => [error.message]);
  const said = text(child.stderr).catch(() => "");
  const isUp = await Promise.race([once(child.stdout, "data").then(() => true), gone.then(() => false)]);
  if (!isUp) throw new NoLinkError((await said).trim().split("\n").at(-1) || String(await gone));
  return {
    near: NEAR,
    far: FAR,
    async close() {
      child.stdin.end();
      await gone;
    }
  };
}
