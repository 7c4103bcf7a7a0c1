import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BlobStore } from "../../../src/cas/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { keysOf, memoryPlace, same } from "../blobs/places.js";
import { findings, type Stocked, stock } from "./stocked.js";

/** What holds bytes, or leads to them: text for people, such as names, has no checksum. */
const KEYS = /^(data\/.*\/(data\.bin|recipe\.json)|packs\/.*|index\/.*)$/;

/** What is done to one object; `at` and `other` are shares of its length, and of the number of objects. */
interface Damage {
  readonly action: "flip" | "cut" | "grow" | "delete" | "exchange";
  readonly object: number;
  readonly at: number;
  readonly other: number;
}

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const damages: fc.Arbitrary<Damage[]> = fc.array(
  fc.record({
    action: fc.constantFrom("flip", "cut", "grow", "delete", "exchange"),
    object: share,
    at: share,
    other: share,
  }),
  { minLength: 1, maxLength: 4 },
);

const patternPlace = memoryPlace();
const mirrorPlace = memoryPlace();
let pattern: Stocked;
let mirror: ObjectStore;

beforeAll(async () => {
  pattern = await stock(await patternPlace.open());
  mirror = await mirrorPlace.open();
  await stock(mirror);
});

afterAll(async () => {
  await patternPlace.drop();
  await mirrorPlace.drop();
});

async function inflict(store: ObjectStore, { action, object, at, other }: Damage): Promise<void> {
  const keys = (await keysOf(store)).filter((key) => KEYS.test(key));
  const key = keys[Math.floor(object * keys.length)];
  if (key === undefined) return;
  const bytes = (await store.bytes(key)).slice();
  const position = Math.floor(at * bytes.length);
  switch (action) {
    case "flip":
      if (bytes.length > 0) bytes[position]! ^= 1 << Math.floor(other * 8);
      return void (await store.put(key, bytes));
    case "cut":
      return void (await store.put(key, bytes.subarray(0, position)));
    case "grow":
      return void (await store.put(key, Buffer.concat([bytes, bytes.subarray(0, position + 1)])));
    case "delete":
      return store.delete(key);
    case "exchange": {
      const second = keys[Math.floor(other * keys.length)]!;
      await store.put(key, await store.bytes(second));
      await store.put(second, bytes);
    }
  }
}

/** Whether all that the store is to hold can be read and relied on. */
async function isRight(store: ObjectStore): Promise<boolean> {
  const blobs = BlobStore.open(store);
  try {
    for (const [id, bytes] of pattern.bytes) {
      if (!same(await blobs.bytes(id), bytes)) return false;
    }
    return true;
  } catch {
    return false;
  }
}

describe("random damage", () => {
  it("is found by a full look wherever it matters, and mended from a mirror", async () => {
    await fc.assert(
      fc.asyncProperty(damages, async (inflicted) => {
        const place = memoryPlace();
        const store = await place.open();
        for (const key of await keysOf(pattern.store)) {
          await store.put(key, await pattern.store.bytes(key));
        }
        for (const damage of inflicted) await inflict(store, damage);
        const verification = BlobStore.open(store).verify({ mode: "full" });
        for await (const finding of verification) expect(finding.reason).not.toBe("");
        if (!(await isRight(store))) expect(verification.summary.sound, "found").toBe(false);
        const { sound } = await BlobStore.open(store).repair({ sources: [mirror] });
        expect(sound, "mended").toBe(true);
        expect(await isRight(store), "right").toBe(true);
        const left = await findings(store, { mode: "full" });
        expect(left.filter(({ kind }) => kind !== "leftover")).toEqual([]);
        await place.drop();
      }),
      { numRuns: 15 },
    );
  });
});
