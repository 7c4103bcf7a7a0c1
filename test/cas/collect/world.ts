import { randomUUID } from "node:crypto";
import { type Clock, seededRandom } from "../../../src/core/index.js";
import {
  dropMemoryStore,
  memoryStores,
} from "../../../src/storage/backends/memory/memory-store.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { inTurns, openDatedStore } from "./dated-store.js";

const MINUTE = 60_000;
/** A deletion that was sent arrives within this time; a collector is taken for dead after thrice as long. */
const LATEST_ARRIVAL = 5 * MINUTE;

interface Waiting {
  readonly actor: Actor;
  readonly operation: string;
  readonly since: number;
  resume(): void;
}

/** A process: it works on a store of its own, by a clock of its own, and may die at any call. */
export interface Actor {
  readonly name: string;
  readonly store: ObjectStore;
  readonly clock: Clock;
  isDead: boolean;
}

/**
 * Processes that share one store and go on one call at a time, in an order that a seed determines. The store's clock moves
 * on as they go; each process has a clock that is minutes off.
 */
export class World {
  readonly random: () => number;
  readonly name = randomUUID();
  now = Date.UTC(2026, 0, 1);
  steps = 0;
  #store: ObjectStore | undefined;
  #waiting: Waiting[] = [];
  /** Called when a call has had its effect. */
  onEffect: (operation: string) => void = () => undefined;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  chance(of: number): boolean {
    return this.random() < of;
  }

  /** Without turns: for the test itself. */
  async store(): Promise<ObjectStore> {
    this.#store ??= await openDatedStore(this.name, () => this.now);
    return this.#store;
  }

  /** The text of an object, looked up between two calls. */
  readonly textOf = (key: string): string | undefined => {
    const object = memoryStores.get(this.name)?.objects.get(key);
    return object === undefined ? undefined : Buffer.from(object.bytes).toString();
  };

  keys(prefix: string): string[] {
    const keys = [...(memoryStores.get(this.name)?.objects.keys() ?? [])];
    return keys.filter((key) => key.startsWith(prefix)).sort();
  }

  async actor(name: string): Promise<Actor> {
    const skew = (this.random() - 0.5) * 20 * MINUTE;
    const turn = (operation: string) => this.#turn(actor, operation);
    const actor: Actor = {
      name,
      isDead: false,
      store: (await this.store()).with(inTurns(turn)),
      clock: { now: () => this.now + skew, sleep: () => turn("sleep") },
    };
    return actor;
  }

  /** The actor's calls never return; the one that is under way may still have its effect. */
  kill(actor: Actor): void {
    actor.isDead = true;
    for (const one of this.#waiting) {
      if (one.actor === actor && this.chance(0.5)) one.resume();
    }
    this.#waiting = this.#waiting.filter((one) => one.actor !== actor);
  }

  /** Lets time pass for all. What was sent has arrived by then. */
  async pass(ms: number): Promise<void> {
    while (this.#waiting.some(({ operation }) => operation === "delete")) await this.#arrive(0);
    this.now += ms;
  }

  /** One call of one process. False if nobody waits for one. */
  async step(): Promise<boolean> {
    if (this.#waiting.length === 0) await settled();
    await this.#arrive(LATEST_ARRIVAL);
    const one = this.#waiting[this.below(this.#waiting.length)];
    if (one === undefined) return false;
    this.steps++;
    this.now += this.below(2_000);
    await this.#resume(one);
    return true;
  }

  close(): void {
    dropMemoryStore(this.name);
  }

  async #arrive(within: number): Promise<void> {
    for (const one of [...this.#waiting]) {
      if (one.operation !== "delete" || this.now - one.since < within) continue;
      await this.#resume(one);
    }
  }

  async #resume(one: Waiting): Promise<void> {
    this.#waiting = this.#waiting.filter((other) => other !== one);
    one.resume();
    await settled();
    this.onEffect(one.operation);
  }

  #turn(actor: Actor, operation: string): Promise<void> {
    if (actor.isDead) return new Promise(() => undefined);
    return new Promise((resume) => {
      this.#waiting.push({ actor, operation, since: this.now, resume });
    });
  }
}

/** All that can go on without a turn has gone on. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
