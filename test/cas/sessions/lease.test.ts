import { setImmediate, setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Lease } from "../../../src/cas/sessions/index.js";
import { type Backend, ObjectStore } from "../../../src/storage/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { overlay } from "../../../src/storage/layers/intercept.js";
import { DAY, HOUR, Laboratory, MINUTE } from "../collect/laboratory.js";
import {
  chunkedBlob,
  isThere,
  putSample,
  putSampleRef,
  treeBlob,
  wholeBlob,
} from "../collect/sample-blobs.js";

let laboratory: Laboratory;
beforeEach(async () => {
  laboratory = await Laboratory.open();
});
afterEach(() => laboratory.close());

const whole = wholeBlob("some bytes");
const chunked = chunkedBlob("one chunk ", "and another");
const tree = treeBlob("a tree", whole, chunked);

describe("a lease", () => {
  it("is an object until it is closed", async () => {
    const lease = await laboratory.lease();
    expect(laboratory.keys("leases/")).toEqual([`leases/${lease.session}.json`]);
    const { store } = laboratory;
    expect(await store.json(`leases/${lease.session}.json`)).toEqual({
      version: 1,
      session: lease.session,
      started_at: "2026-01-01T00:00:00.000Z",
      expires_at: "2026-01-01T01:00:00.000Z",
      ttl_ms: HOUR,
      cycle: 0,
    });
    await lease.close();
    await lease.close();
    expect(laboratory.keys("leases/")).toEqual([]);
    await expect(lease.confirm()).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("is refused without conditional puts, before any I/O", async () => {
    const calls: string[] = [];
    const without = (inner: Backend): Backend =>
      Object.defineProperty(overlay(inner, {}), "capabilities", {
        value: { ...inner.capabilities, putIfMatch: false },
      });
    const store = laboratory.store.with(
      fault({ script: ({ operation }) => void calls.push(operation) }),
      without,
    );
    expect(store).toBeInstanceOf(ObjectStore);
    await expect(Lease.open(store)).rejects.toMatchObject({ code: "unsupported" });
    expect(calls).toEqual([]);
  });

  it("keeps what it holds through any number of collections", async () => {
    const lease = await laboratory.lease();
    await putSample(laboratory.store, lease, tree);
    for (let cycle = 0; cycle < 4; cycle++) {
      expect((await laboratory.collect()).deleted.blobs).toBe(0);
      laboratory.clock.advance(5 * MINUTE);
      await lease.renew();
    }
    await putSampleRef(laboratory.store, tree.id, "run");
    await lease.confirm();
    await lease.close();
    for (let cycle = 0; cycle < 3; cycle++) await laboratory.collect();
    expect(laboratory.damage(tree)).toBeUndefined();
  });

  it("makes a collection wait until it knows what is condemned", async () => {
    await laboratory.put(whole);
    const lease = await laboratory.lease();
    await lease.holdBlob(whole.id);
    expect((await laboratory.collect()).condemned.blobs).toBe(1);
    const waiting = await laboratory.collect();
    expect(waiting.waitingFor).toEqual([lease.session]);
    expect(waiting.deleted.blobs).toBe(0);
    await lease.renew();
    const { deleted, rescued } = await laboratory.collect();
    expect({ deleted: deleted.blobs, rescued: rescued.blobs }).toEqual({ deleted: 0, rescued: 1 });
    expect(laboratory.damage(whole)).toBeUndefined();
  });

  it("rescues what it wants of a cycle that was there before it, with all that it needs", async () => {
    await laboratory.put(tree);
    await laboratory.collect();
    const lease = await laboratory.lease();
    expect(lease.isCondemnedBlob(tree.id)).toBe(true);
    await lease.holdBlob(tree.id);
    expect(lease.isCondemnedBlob(tree.id)).toBe(false);
    await laboratory.collect();
    expect(laboratory.damage(tree)).toBeUndefined();
  });

  it("waits for a deletion that is under way, and then finds nothing", async () => {
    await laboratory.put(whole);
    await laboratory.collect();
    let lease: Lease | undefined;
    let held: Promise<void> | undefined;
    let isHeld = false;
    const store = laboratory.store.with((inner) =>
      overlay(inner, {
        async copy(from, to, options) {
          const clock = { now: () => laboratory.clock.now(), sleep: () => setImmediate() };
          lease = await Lease.open(laboratory.store, { clock, renewEvery: 60_000 });
          held = lease.holdBlob(whole.id).then(() => {
            isHeld = true;
          });
          await setTimeout(20);
          expect(isHeld).toBe(false);
          return inner.copy(from, to, options);
        },
      }),
    );
    expect((await laboratory.collect({}, store)).deleted.blobs).toBe(1);
    await held;
    await lease?.close();
    expect(isHeld).toBe(true);
    expect(await isThere(laboratory.store, whole.id)).toBe(false);
  });

  it("carries on the deletion of a collector that died", async () => {
    await laboratory.put(whole);
    await laboratory.put(chunked);
    await laboratory.collect();
    const dying = laboratory.store.with(
      fault({
        script: ({ operation }) =>
          operation === "delete" ? { kind: "error", when: "before" } : undefined,
      }),
    );
    await expect(laboratory.collect({}, dying)).rejects.toMatchObject({ code: "connection" });
    const lease = await laboratory.lease();
    await lease.holdBlob(whole.id);
    expect(laboratory.keys("data/", "packs/")).toEqual([]);
    expect(await laboratory.store.json("gc/state.json")).toMatchObject({
      phase: "done",
      collector: null,
    });
  });

  it("tells of packs that are gone, also of those of which it was never told", async () => {
    const lease = await laboratory.lease();
    expect(await lease.holdPack("0".repeat(32))).toBe(false);
    await lease.close();
    await laboratory.put(chunked);
    const [pack = ""] = laboratory.keys("packs/").map((key) => key.slice(-32));
    await laboratory.collect();
    const rescuer = await laboratory.lease();
    expect(rescuer.isCondemnedPack(pack)).toBe(true);
    expect(await rescuer.holdPack(pack)).toBe(true);
    expect(await laboratory.collect()).toMatchObject({ deleted: { blobs: 1, packs: 1 } });
    expect(laboratory.keys("packs/")).toHaveLength(1);
  });
});

describe("a session that was taken for dead", () => {
  async function sleepThroughCollections(collections: number): Promise<Lease> {
    const lease = await laboratory.lease();
    await putSample(laboratory.store, lease, tree);
    laboratory.clock.advance(2 * HOUR);
    for (let n = 0; n < collections; n++) await laboratory.collect();
    return lease;
  }

  it.each([1, 2, 3])("finds all that it held after %i collections", async (collections) => {
    const lease = await sleepThroughCollections(collections);
    const first = lease.session;
    await putSampleRef(laboratory.store, tree.id, "run");
    await lease.confirm();
    expect(lease.session).not.toBe(first);
    expect(laboratory.keys("leases/")).toEqual([`leases/${lease.session}.json`]);
    expect(laboratory.damage(tree)).toBeUndefined();
    await lease.close();
    for (let n = 0; n < 3; n++) await laboratory.collect();
    expect(laboratory.damage(tree)).toBeUndefined();
  });

  it("is told what is lost for good", async () => {
    const lease = await sleepThroughCollections(2);
    laboratory.clock.advance(8 * DAY);
    await laboratory.collect();
    expect(laboratory.keys("trash/")).toEqual([]);
    await expect(lease.confirm()).rejects.toMatchObject({
      code: "not-found",
      details: { blobs: expect.arrayContaining([tree.id, whole.id, chunked.id]) },
    });
    await putSample(laboratory.store, lease, whole);
    for (const id of [tree.id, chunked.id]) lease.releaseBlob(id);
    await expect(lease.confirm()).rejects.toMatchObject({ code: "not-found" });
  });

  it("tells of a renewal that failed, until one succeeds", async () => {
    let isDown = false;
    const store = laboratory.store.with(
      fault({ script: () => (isDown ? { kind: "error", when: "before" } : undefined) }),
    );
    const lease = await Lease.open(store, { clock: laboratory.clock, renewEvery: 1 });
    isDown = true;
    await setTimeout(20);
    await expect(lease.confirm()).rejects.toMatchObject({ code: "connection" });
    isDown = false;
    await lease.confirm();
    await lease.close();
  });
});
