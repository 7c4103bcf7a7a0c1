import { setImmediate as turn } from "node:timers/promises";
import { type Clock, systemClock } from "../../core/index.js";
import { throwIfAborted } from "../../errors.js";

/** A timer may be as late as this, in milliseconds. */
const COARSE_MS = 2;

/**
 * Wakes within some microseconds of the time: a timer sleeps until shortly before, and the last two
 * milliseconds pass in turns of the event loop, in which I/O goes on.
 */
export const preciseClock: Clock = {
  now: systemClock.now,
  async sleep(ms, signal) {
    const end = performance.now() + ms;
    if (ms > COARSE_MS) await systemClock.sleep(ms - COARSE_MS, signal);
    while (performance.now() < end) {
      throwIfAborted(signal, "waiting");
      await turn();
    }
    throwIfAborted(signal, "waiting");
  },
};
