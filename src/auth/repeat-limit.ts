import type { AuthChallenge } from "../authorization.ts";
import { ImgwireError } from "../errors.ts";

/** How many times tokens that were refused lead to another sign-in, and within how many milliseconds. */
const MAX_REPEATS = 2;
const REPEATS_MS = 10 * 60_000;

/**
 * Keeps a server that refuses what a sign-in has just given from sending the user from one sign-in to the
 * next.
 */
export class RepeatLimit {
  #at: number[] = [];

  /** @throws ImgwireError `sign_in_useless` */
  count(challenge: AuthChallenge | undefined): void {
    if (challenge?.token === undefined) return;
    this.#at = this.#at.filter((at) => at > Date.now() - REPEATS_MS);
    if (this.#at.length >= MAX_REPEATS) {
      throw new ImgwireError("sign_in_useless", "Imgwire keeps rejecting this sign-in.", {
        hint: "Run `imgwire doctor`, or try again in ten minutes."
      });
    }
    this.#at.push(Date.now());
  }
}
