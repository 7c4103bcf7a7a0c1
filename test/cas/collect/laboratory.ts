import { randomUUID } from "node:crypto";
import {
  type CollectOptions,
  type CollectReport,
  collectGarbage,
} from "../../../src/cas/collect/index.js";
import { Lease } from "../../../src/cas/sessions/index.js";
import {
  dropMemoryStore,
  memoryStores,
} from "../../../src/storage/backends/memory/memory-store.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { FakeClock } from "../../../src/testing/index.js";
import { openDatedStore } from "./dated-store.js";
import { damageOf, putSample, putSampleRef, type SampleBlob } from "./sample-blobs.js";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A store with a clock that the test moves on; the same for all who use it. */
export class Laboratory {
  readonly name: string;
  readonly clock: FakeClock;
  readonly store: ObjectStore;

  private constructor(name: string, clock: FakeClock, store: ObjectStore) {
    this.name = name;
    this.clock = clock;
    this.store = store;
  }

  static async open(): Promise<Laboratory> {
    const name = randomUUID();
    const clock = new FakeClock(Date.UTC(2026, 0, 1));
    return new Laboratory(name, clock, await openDatedStore(name, () => clock.now()));
  }

  close(): void {
    dropMemoryStore(this.name);
  }

  lease(store = this.store): Promise<Lease> {
    return Lease.open(store, { clock: this.clock, renewEvery: Number.POSITIVE_INFINITY });
  }

  /** Everything counts as old unless the test says otherwise. */
  collect(options: CollectOptions = {}, store = this.store): Promise<CollectReport> {
    // Objects of this very moment are not older than no grace at all.
    this.clock.advance(1);
    return collectGarbage(store, { clock: this.clock, grace: 0, ...options });
  }

  /** Stores a blob by a session of its own; with a ref, if it has an owner. */
  async put(blob: SampleBlob, owner?: string): Promise<void> {
    const lease = await this.lease();
    await putSample(this.store, lease, blob);
    if (owner !== undefined) {
      await putSampleRef(this.store, blob.id, owner);
      await lease.confirm();
    }
    await lease.close();
  }

  damage(blob: SampleBlob): string | undefined {
    return damageOf(blob, (key) => {
      const object = memoryStores.get(this.name)?.objects.get(key);
      return object === undefined ? undefined : Buffer.from(object.bytes).toString();
    });
  }

  keys(...prefixes: string[]): string[] {
    const keys = [...(memoryStores.get(this.name)?.objects.keys() ?? [])].sort();
    return keys.filter((key) => prefixes.some((prefix) => key.startsWith(prefix)));
  }
}
