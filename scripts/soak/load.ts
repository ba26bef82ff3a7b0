import type { Era, SoakAgent } from "./agent.ts";

/** The inputs of a load. */
export interface LoadOptions {
  /** The hosted server's era. */
  server: Era;
  /** The agent's era. */
  agent: Era;
  /** The environment for every program that it starts; the load has its own configuration folder. */
  env: Record<string, string>;
}

/** A load's counts, in addition to those of its agent. */
export interface LoadReport {
  /** Calls that reported a fault. */
  failed: number;
  /** Calls that got another call's answer, or uploads that were stored with different bytes. */
  wrong: number;
  /** Faults injected into requests. */
  faults: number;
  uploads?: number;
  expiries?: number;
  kills?: number;
  /**
   * Kills of a process that was refreshing the sign-in. Each may lose the sign-in, which can't be prevented.
   */
  killsInRenewal?: number;
  /** Sign-ins lost for other reasons. */
  lost?: number;
}

/** One agent's calls, for as long as requested. */
export interface Load {
  agent: SoakAgent;
  /**
   * @param until milliseconds since the epoch
   * @param paceMs pause between two calls of a worker
   */
  run(until: number, paceMs: number): Promise<void>;
  /** Clears what the other side has stored, so that it doesn't grow. */
  tidy?(): void;
  report(): LoadReport;
  close(): Promise<void>;
}
