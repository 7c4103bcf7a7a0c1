import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  BlobStore,
  collectGarbage,
  type Finding,
  type RepairReport,
} from "../../../src/cas/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { keysOf, memoryPlace, type Place, randomBytes, same } from "../blobs/places.js";
import { findings, flip, OPTIONS, packOf, type Stocked, stock } from "./stocked.js";

const metadataOf = ({ id }: { id: string }) => `data/${id.slice(0, 2)}/${id}/metadata.json`;

/** Has the same blobs, in packs of its own. */
const mirrorPlace = memoryPlace();
let mirror: ObjectStore;
const patternPlace = memoryPlace();
/** What each test begins with. */
let pattern: Stocked;

let place: Place;
let store: ObjectStore;
/** Has the same objects. */
let twin: ObjectStore;
let twinPlace: Place;
let stocked: Stocked;

beforeAll(async () => {
  pattern = await stock(await patternPlace.open());
  mirror = await mirrorPlace.open();
  await stock(mirror);
});

afterAll(async () => {
  await mirrorPlace.drop();
  await patternPlace.drop();
});

beforeEach(async () => {
  place = memoryPlace();
  store = await place.open();
  twinPlace = memoryPlace();
  twin = await twinPlace.open();
  for (const key of await keysOf(pattern.store)) {
    const bytes = await pattern.store.bytes(key);
    await store.put(key, bytes);
    await twin.put(key, bytes);
  }
  stocked = { ...pattern, store };
});

afterEach(async () => {
  await place.drop();
  await twinPlace.drop();
});

function repair(options: Parameters<BlobStore["repair"]>[0] = {}): Promise<RepairReport> {
  return BlobStore.open(store, OPTIONS).repair(options);
}

async function expectAllRight(): Promise<void> {
  expect(await findings(store, { mode: "full" })).toEqual([]);
  const blobs = BlobStore.open(store);
  for (const [id, bytes] of stocked.bytes) {
    expect(same(await blobs.bytes(id), bytes), id).toBe(true);
  }
}

/** But for metadata without their blob, which is there by now. */
function expectMended({ left, sound }: RepairReport): void {
  expect(left.filter(({ kind }) => kind !== "leftover")).toEqual([]);
  expect(sound).toBe(true);
}

/** All damages that a store can have, as what is done to it. */
const DAMAGES: Record<string, () => Promise<unknown>> = {
  "a whole blob flipped": () => flip(store, stocked.whole.key, 77),
  "a whole blob cut off": async () =>
    store.put(stocked.whole.key, (await store.bytes(stocked.whole.key)).slice(1)),
  "a whole blob gone": () => store.delete(stocked.whole.key),
  "all of a linked blob gone": async () => {
    await store.delete(stocked.tree.key);
    await store.delete(metadataOf(stocked.tree));
  },
  "an empty blob grown": () => store.put(stocked.empty.key, "1"),
  "a recipe flipped": () => flip(store, stocked.chunked.key, 100),
  "a recipe empty": () => store.put(stocked.chunked.key, ""),
  "a recipe gone": () => store.delete(stocked.shared.key),
  "a recipe of another": async () =>
    store.put(stocked.shared.key, await store.bytes(stocked.chunked.key)),
  "chunks flipped": async () => {
    const { key } = await packOf("chunked", stocked);
    await flip(store, key, 5000);
    await flip(store, key, 150_000);
  },
  "a footer flipped": async () => {
    const { key } = await packOf("chunked", stocked);
    await flip(store, key, (await store.head(key)).size - 60);
  },
  "a pack gone": async () => store.delete((await packOf("chunked", stocked)).key),
  "packs exchanged": async () => {
    const one = (await packOf("chunked", stocked)).key;
    const other = (await packOf("shared", stocked)).key;
    const bytes = await store.bytes(one);
    await store.put(one, await store.bytes(other));
    await store.put(other, bytes);
  },
  "all packs gone": async () => {
    for (const key of await keysOf(store, "packs/")) await store.delete(key);
  },
  "links damaged": async () => {
    const text = await store.text(stocked.tree.key);
    await store.put(stocked.tree.key, text.replace(stocked.whole.id, "ab".repeat(32)));
  },
  "links hidden": async () => {
    const text = await store.text(stocked.tree.key);
    await store.put(stocked.tree.key, text.replace('"links"', '"likns"'));
  },
};

/** What the store itself has enough for. */
const OWN: Record<string, () => Promise<unknown>> = {
  "metadata gone": () => store.delete(metadataOf(stocked.chunked)),
  "metadata damaged": () => store.put(metadataOf(stocked.whole), "{"),
  "metadata of another": async () =>
    store.put(metadataOf(stocked.whole), await store.bytes(metadataOf(stocked.tree))),
  "the index gone": async () => {
    for (const key of await keysOf(store, "index/")) await store.delete(key);
  },
  "the index damaged": async () => {
    for (const key of await keysOf(store, "index/")) await flip(store, key, 30);
  },
  "a digest gone": async () => {
    for (const key of await keysOf(store, "digests/")) await store.delete(key);
  },
  "a digest that leads nowhere": () =>
    store.put(`digests/bytes-v1/ab/${"ab".repeat(32)}/${"cd".repeat(32)}`, "{}"),
  "the checksum of a recipe": async () => {
    const text = await store.text(stocked.chunked.key);
    await store.put(stocked.chunked.key, text.replace(/"crc32c": "./, '"crc32c": "z'));
  },
};

describe("repair", () => {
  it("has nothing to do in a sound store", async () => {
    const before = await keysOf(store);
    expect(await repair()).toMatchObject({ repaired: [], left: [], sound: true });
    expect(await keysOf(store)).toEqual(before);
  });

  it.each(Object.keys({ ...DAMAGES, ...OWN }))(
    "mends %s from a mirror with other packs",
    async (name) => {
      await { ...DAMAGES, ...OWN }[name]!();
      expect(await findings(store, { mode: "full" })).not.toEqual([]);
      expectMended(await repair({ sources: [mirror] }));
      await expectAllRight();
    },
  );

  it.each(Object.keys(DAMAGES))("mends %s from a copy, whose packs are the same", async (name) => {
    const packs = await keysOf(store, "packs/");
    await DAMAGES[name]!();
    expectMended(await repair({ sources: [twin] }));
    expect(await keysOf(store, "packs/")).toEqual(packs);
    await expectAllRight();
  });

  it.each(Object.keys(OWN))("mends %s without any mirror", async (name) => {
    await OWN[name]!();
    const report = await repair();
    expect(report).toMatchObject({ left: [], sound: true });
    expect(report.repaired.length).toBeGreaterThan(0);
    await expectAllRight();
  });

  it.each(Object.keys({ ...DAMAGES, ...OWN }))("only tells of %s in a dry run", async (name) => {
    await { ...DAMAGES, ...OWN }[name]!();
    const before = await snapshot();
    const report = await repair({ dryRun: true, sources: [twin] });
    expect(report.dryRun).toBe(true);
    expect(report.repaired.length).toBeGreaterThan(0);
    expect(await snapshot()).toEqual(before);
  });

  it("keeps what it replaces", async () => {
    await flip(store, stocked.whole.key, 77);
    const damaged = await store.bytes(stocked.whole.key);
    const { repaired } = await repair({ sources: [mirror] });
    expect(repaired).toMatchObject([{ remedy: "fetched", finding: { kind: "corrupt" } }]);
    const [kept] = await keysOf(store, "damaged/");
    expect(kept).toContain(stocked.whole.key);
    expect(same(await store.bytes(kept!), damaged)).toBe(true);
  });

  it("sets a whole blob aside that nobody has, so that it can be stored anew", async () => {
    const { whole } = stocked;
    await flip(store, whole.key, 77);
    const report = await repair();
    expect(report).toMatchObject({ sound: false, left: [] });
    expect(report.repaired).toMatchObject([{ remedy: "set-aside", finding: { key: whole.key } }]);
    expect(await BlobStore.open(store).find(whole.id)).toBeUndefined();
    await using session = await BlobStore.open(store).session();
    const bytes = stocked.bytes.get(whole.id)!;
    await session.put(bytes, { name: "one", type: "bytes", format: "bin" });
    await session.close();
    await expectAllRight();
  });

  it("leaves what nobody has in its place, and lets nothing new rely on it", async () => {
    const { key, pack } = await packOf("chunked", stocked);
    await flip(store, key, 5000);
    const report = await repair();
    expect(report.sound).toBe(false);
    expect(new Set(report.left.map((finding: Finding) => finding.blob))).toEqual(
      new Set([undefined, stocked.chunked.id, stocked.shared.id]),
    );
    expect(await store.exists(key)).toBe(true);
    const bytes = Buffer.concat([stocked.bytes.get(stocked.chunked.id)!, randomBytes(9, 9)]);
    await using session = await BlobStore.open(store, OPTIONS).session();
    const stored = await session.put(bytes, { name: "one", type: "bytes", format: "bin" });
    expect(((await store.json(stored.key)) as { packs: string[] }).packs).not.toContain(pack);
    expect(same(await BlobStore.open(store).bytes(stored.id), bytes)).toBe(true);
  });

  it("takes nothing from a mirror that is damaged too, and the next one's", async () => {
    const { key } = await packOf("chunked", stocked);
    await flip(store, stocked.whole.key, 77);
    await flip(store, key, 5000);
    await flip(twin, stocked.whole.key, 78);
    await flip(twin, key, 6000);
    const empty = memoryPlace();
    const report = await repair({ sources: [await empty.open(), twin, mirror] });
    expect(report).toMatchObject({ sound: true });
    const blobs = BlobStore.open(store);
    for (const [id, bytes] of stocked.bytes) {
      expect(same(await blobs.bytes(id), bytes), id).toBe(true);
    }
    await empty.drop();
  });

  it("brings back from the trash what is needed still", async () => {
    const { shared, tree } = stocked;
    for (const { id } of [shared, tree]) {
      await store.delete(`refs/${id.slice(0, 2)}/${id}/runs/run`);
    }
    for (let cycle = 0; cycle < 3; cycle++) await collectGarbage(store, { grace: 0 });
    expect(await BlobStore.open(store).find(shared.id)).toBeUndefined();
    const { id } = shared;
    await store.put(`refs/${id.slice(0, 2)}/${id}/runs/run`, "{}");
    const dry = await repair({ dryRun: true });
    expect(dry.repaired).toMatchObject([{ remedy: "restored", finding: { blob: id } }]);
    expect(await repair()).toMatchObject({ sound: true, repaired: [{ remedy: "restored" }] });
    expect(same(await BlobStore.open(store).bytes(id), stocked.bytes.get(id)!)).toBe(true);
    expect(
      (await findings(store, { mode: "full" })).filter(({ kind }) => kind !== "orphan"),
    ).toEqual([]);
  });

  it("stops when it is told to", async () => {
    const signal = AbortSignal.abort();
    await expect(repair({ signal })).rejects.toMatchObject({ code: "aborted" });
    expect(await keysOf(store, "leases/")).toEqual([]);
  });
});

async function snapshot(): Promise<[string, string][]> {
  const all: [string, string][] = [];
  for (const key of await keysOf(store)) {
    all.push([
      key,
      Buffer.from(await store.bytes(key))
        .toString("base64")
        .slice(-40),
    ]);
  }
  return all;
}
