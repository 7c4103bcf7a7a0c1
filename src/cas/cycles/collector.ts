import { randomBytes } from "node:crypto";
import type { Clock } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import {
  type GcState,
  isLostRace,
  readState,
  STATE_KEY,
  type StoredState,
  writeState,
} from "./state.js";
import { type StoreTime, storeTime } from "./store-time.js";

/** Without a word for so long, in milliseconds, a collector is taken to be dead, and another takes its work up. */
export const COLLECTOR_TTL_MS = 15 * 60 * 1000;
const RENEW_EVERY_MS = 60 * 1000;

/**
 * Whether the collector of a state died without saying so. By the store's date of the state: what a collector says of the time
 * may be hours old when it arrives.
 */
export function isAbandoned({ state, modified = 0 }: StoredState, now: number): boolean {
  return state.collector !== undefined && now - modified > COLLECTOR_TTL_MS;
}

/**
 * The right to collect: one process at a time has it. It stands in the state itself, so that each step of the one who lost
 * it fails.
 */
export class Collector {
  readonly now: StoreTime;
  readonly #store: ObjectStore;
  readonly #id = randomBytes(8).toString("hex");
  #stored: StoredState;
  #isLost = false;

  private constructor(store: ObjectStore, now: StoreTime, stored: StoredState) {
    this.#store = store;
    this.now = now;
    this.#stored = stored;
  }

  /** Throws `precondition-failed` while another one is at work. */
  static async start(
    store: ObjectStore,
    clock: Clock,
    options: CallOptions = {},
  ): Promise<Collector> {
    const now = await storeTime(store, clock, options);
    for (;;) {
      const stored = await readState(store, options);
      const collector = new Collector(store, now, stored);
      const { state } = stored;
      if (state.collector !== undefined && !isAbandoned(stored, now())) {
        throw new LodeError({
          code: "precondition-failed",
          message: `a collection of ${store.uri} is under way, last heard of at ${new Date(state.collector.renewedAt).toISOString()}; wait for its end, or ${COLLECTOR_TTL_MS / 60_000} minutes if it died`,
          uri: store.uriOf(STATE_KEY),
        });
      }
      try {
        await collector.#write({}, options);
        return collector;
      } catch (error) {
        if (!isLostRace(error)) throw error;
      }
    }
  }

  /** Whether it is known that another one has taken over. */
  get isLost(): boolean {
    return this.#isLost;
  }

  get state(): GcState {
    return this.#stored.state;
  }

  /**
   * Changes the state as it is now; `change` may be called again if a session changed it meanwhile. Throws
   * `precondition-failed` if another collector has taken over: whatever was going on must end.
   */
  async update(
    change: (state: GcState) => Partial<GcState>,
    options: CallOptions = {},
  ): Promise<GcState> {
    for (;;) {
      try {
        await this.#write(change(this.state), options);
        return this.state;
      } catch (error) {
        if (!isLostRace(error)) throw error;
        await this.#reread(options);
      }
    }
  }

  /** Says that it is alive, if it has not for a while. */
  async beat(options: CallOptions = {}): Promise<void> {
    if (this.now() - (this.state.collector?.renewedAt ?? 0) < RENEW_EVERY_MS) return;
    await this.update(() => ({}), options);
  }

  /** Lets others collect. */
  async end(options: CallOptions = {}): Promise<void> {
    // An answer that was lost may have left another state than was seen.
    await this.#reread(options);
    for (;;) {
      const { state, etag } = this.#stored;
      try {
        await writeState(this.#store, { state: { ...state, collector: undefined }, etag }, options);
        return;
      } catch (error) {
        if (!isLostRace(error)) throw error;
        await this.#reread(options);
      }
    }
  }

  async #write(change: Partial<GcState>, options: CallOptions): Promise<void> {
    const state: GcState = {
      ...this.#stored.state,
      ...change,
      collector: { id: this.#id, renewedAt: this.now() },
    };
    this.#stored = await writeState(this.#store, { state, etag: this.#stored.etag }, options);
  }

  async #reread(options: CallOptions): Promise<void> {
    this.#stored = await readState(this.#store, options);
    if (this.state.collector?.id === this.#id) return;
    this.#isLost = true;
    throw new LodeError({
      code: "precondition-failed",
      message: `another collection of ${this.#store.uri} has taken over, because this one stood still for too long; nothing is lost, and the other one goes on`,
      uri: this.#store.uriOf(STATE_KEY),
    });
  }
}
