import type { AuthChallenge } from "../authorization.ts";
import { ImgwireError } from "../errors.ts";

/** How many times refused tokens may lead to another sign-in within `REPEAT_WINDOW_MS`. */
const MAX_REPEATS = 2;
const REPEAT_WINDOW_MS = 10 * 60_000;

/** Stops a server that refuses even new tokens from sending the user through one sign-in after another. */
export class RepeatLimit {
  #at: number[] = [];

  /** Counts a sign-in if a refused token led to it. @throws ImgwireError `sign_in_useless` past the limit */
  count(challenge: AuthChallenge | undefined): void {
    if (challenge?.token === undefined) return;
    this.#at = this.#at.filter((at) => at > Date.now() - REPEAT_WINDOW_MS);
    if (this.#at.length >= MAX_REPEATS) {
      throw new ImgwireError("sign_in_useless", "Imgwire keeps rejecting this sign-in.", {
        hint: "Run `imgwire doctor`, or try again in ten minutes."
      });
    }
    this.#at.push(Date.now());
  }
}
