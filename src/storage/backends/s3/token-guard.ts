import { malformedReply } from "./error-map.js";

/**
 * Ends listings whose continuation tokens come round again. Remembers one token at a time, at
 * positions 1, 2, 4, 8, ...: a circle of any length is found in constant memory (Brent 1980).
 */
export class TokenGuard {
  #remembered: string | undefined;
  #steps = 0;
  #limit = 1;

  constructor(
    readonly operation: string,
    readonly uri: string,
  ) {}

  /** Throws `unexpected` for a truncated page without a token and for a token seen before. */
  check(truncated: boolean, token: string | undefined): void {
    if (!truncated) return;
    if (token === undefined || token === "") {
      throw malformedReply(this.operation, this.uri, "a truncated page tells no way to go on");
    }
    if (token === this.#remembered) {
      throw malformedReply(this.operation, this.uri, "a continuation token is repeated");
    }
    if (++this.#steps >= this.#limit) {
      this.#remembered = token;
      this.#steps = 0;
      this.#limit *= 2;
    }
  }
}
