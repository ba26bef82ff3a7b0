import { ImgwireError } from "../../../errors.ts";
import type { HostedCall } from "../../calls/hosted-call.ts";
import { Abort } from "./transport.ts";

/** One request on its way: how to stop it, and when something was last heard of it. */
export class Flight {
  readonly abort = new Abort();
  heard = Date.now();
  /** The session that it was made in, in the era that has sessions. */
  session: object | undefined;
  /** How many questions to the agent it waits for: it is not the server that is silent meanwhile. */
  asking = 0;
  /** Given up because nothing was heard for too long. */
  expired = false;

  constructor(readonly call: HostedCall) {}
}

/** The requests on their way, and the one clock that ends those of which nothing is heard. */
export class Flights {
  readonly #everyMs: number;
  #flights = new Set<Flight>();
  #clock: NodeJS.Timeout | undefined;
  #sweptAt = 0;
  #ended: (() => void)[] = [];

  /** @param idleMs how long a request may go without any message */
  constructor(private readonly idleMs: number) {
    this.#everyMs = Math.min(1_000, idleMs);
  }

  begin(call: HostedCall): Flight {
    const flight = new Flight(call);
    this.#flights.add(flight);
    if (this.#clock === undefined) {
      this.#sweptAt = flight.heard;
      this.#clock = setInterval(() => this.#sweep(), this.#everyMs).unref();
    }
    return flight;
  }

  end(flight: Flight): void {
    this.#flights.delete(flight);
    if (this.#flights.size > 0) return;
    clearInterval(this.#clock);
    this.#clock = undefined;
    for (const resolve of this.#ended.splice(0)) resolve();
  }

  /** Resolves when nothing is on its way. */
  ended(): Promise<void> {
    if (this.#flights.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#ended.push(resolve));
  }

  /** Stops everything; the calls are failed with `error`. */
  stop(error: Error): void {
    for (const flight of [...this.#flights]) this.#fail(flight, error);
  }

  #sweep(): void {
    const now = Date.now();
    const jump = now - this.#sweptAt - this.#everyMs;
    this.#sweptAt = now;
    // The machine has slept, or its clock was set: that is no silence, and what came meanwhile is still to be read.
    if (Math.abs(jump) > this.#everyMs) for (const flight of this.#flights) flight.heard = now;
    for (const flight of [...this.#flights]) {
      if (flight.asking > 0 || now - flight.heard <= this.idleMs) continue;
      flight.expired = true;
      this.#fail(flight, silent(this.idleMs));
    }
  }

  #fail(flight: Flight, error: Error): void {
    this.end(flight);
    flight.call.fail(error);
    flight.abort.abort();
  }
}

/** Stops the clock of requests that wait for the agent's answers, until those are there. */
export async function whileAsking<T>(flights: readonly Flight[], answers: Promise<T>): Promise<T> {
  for (const flight of flights) flight.asking++;
  try {
    return await answers;
  } finally {
    for (const flight of flights) {
      flight.asking--;
      flight.heard = Date.now();
    }
  }
}

/** The error of a request that nothing was heard of for `ms` milliseconds. */
export function silent(ms: number): ImgwireError {
  const time = ms >= 60_000 ? `${Math.round(ms / 60_000)} minutes` : `${ms} ms`;
  return new ImgwireError("no_answer", `The hosted server was silent for ${time}; the call was given up.`, {
    hint: "It may have been carried out: check before you repeat it."
  });
}
