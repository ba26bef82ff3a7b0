import type { Era, SoakAgent } from "./agent.ts";

/** What a load is started with. */
export interface LoadOptions {
  /** Era of the hosted server. */
  server: Era;
  /** Era of the agent. */
  agent: Era;
  /** For every program that it starts; its configuration folder is the load's own. */
  env: Record<string, string>;
}

/** What a load has met, beside what its agent counts. */
export interface LoadReport {
  /** Calls that were told of a fault. */
  failed: number;
  /** Calls that were answered with another's answer, or uploads that were stored with other bytes. */
  wrong: number;
  /** Faults that requests were struck with. */
  faults: number;
  uploads?: number;
  expiries?: number;
  kills?: number;
  /** Kills of a process that was renewing the sign-in: each may take it along, and nothing can be done. */
  killsInRenewal?: number;
  /** Sign-ins that were lost besides. */
  lost?: number;
}

/** Calls of one agent, for as long as is asked for. */
export interface Load {
  agent: SoakAgent;
  /** @param until milliseconds since the epoch @param paceMs pause between two calls of a worker */
  run(until: number, paceMs: number): Promise<void>;
  /** Forgets what the other side has kept, so that it does not grow. */
  tidy?(): void;
  report(): LoadReport;
  close(): Promise<void>;
}
