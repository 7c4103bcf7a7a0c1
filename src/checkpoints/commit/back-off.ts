import { type Clock, systemClock } from "../../core/index.js";

/** Milliseconds. */
const FIRST_WAIT = 20;
const LONGEST_WAIT = 2000;

const GROWTH = 1.5;

export interface BackOffOptions {
  /** After how many milliseconds to give up. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
  /** Gives numbers of [0, 1). */
  readonly random?: (() => number) | undefined;
}

/**
 * Looks again and again until there is an answer, or undefined when the time is over, after one last look. The
 * waits grow to 2 s; half of each is drawn, so that many ranks do not ask all at once. Throws
 * `aborted`, and what `look` throws.
 */
export async function lookUntil<T>(
  look: () => Promise<T | undefined>,
  options: BackOffOptions,
): Promise<T | undefined> {
  const { timeoutMs, signal, clock = systemClock, random = Math.random } = options;
  const deadline = clock.now() + timeoutMs;
  for (let wait = FIRST_WAIT; ; wait = Math.min(LONGEST_WAIT, wait * GROWTH)) {
    const late = clock.now() >= deadline;
    const answer = await look();
    if (answer !== undefined || late) return answer;
    const drawn = wait * (0.5 + random() / 2);
    await clock.sleep(Math.max(0, Math.min(drawn, deadline - clock.now())), signal);
  }
}
