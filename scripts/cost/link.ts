import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** A link like that of somebody far away, with a poor network. */
export interface Link {
  /** Where a server listens. */
  near: string;
  /** Where its users find it, over the link. */
  far: string;
  close: () => Promise<void>;
}

/** This machine cannot make a link; the message says why. */
export class NoLinkError extends Error {}

/** Addresses for measurements of network devices (RFC 2544), which nobody has. */
const [NEAR, FAR] = ["198.18.0.1", "198.18.0.2"];
const ROUND_TRIP_MS = 50;
const LOSS = 0.01;
const MBIT_PER_S = 100;

/** Opens the link, which a TUN device makes. @throws NoLinkError without root, TUN or Python */
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
