import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { restoreBlobs } from "../../../src/cas/collect/index.js";
import { metadataKey, recipeKey } from "../../../src/cas/keys.js";
import { isLodeError } from "../../../src/errors.js";
import type { Backend } from "../../../src/storage/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { overlay } from "../../../src/storage/layers/intercept.js";
import { stopping } from "../../checkpoints/commit/stopping-layer.js";
import { DAY, HOUR, Laboratory, MINUTE } from "./laboratory.js";
import { chunkedBlob, putSampleRef, treeBlob, wholeBlob } from "./sample-blobs.js";

let laboratory: Laboratory;
beforeEach(async () => {
  laboratory = await Laboratory.open();
});
afterEach(() => laboratory.close());

const kept = treeBlob("kept", wholeBlob("kept whole"), chunkedBlob("kept chunk", "shared chunk"));
const dropped = treeBlob("dropped", wholeBlob("dropped whole"), chunkedBlob("dropped chunk"));
const BLOBS = ["data/", "packs/", "digests/"];

describe("a collection", () => {
  it("condemns, then deletes, then frees what no ref reaches", async () => {
    await laboratory.put(kept, "run");
    const before = laboratory.keys(...BLOBS);
    await laboratory.put(dropped);
    const pointer = `digests/text-v1/00/${"0".repeat(64)}/${dropped.id}`;
    await laboratory.store.put(pointer, "{}");
    const metadata = `data/${dropped.id.slice(0, 2)}/${dropped.id}/metadata.json`;
    await laboratory.store.put(metadata, `{"layout":"whole","digest":"text-v1:${"0".repeat(64)}"}`);
    const all = laboratory.keys(...BLOBS);

    const first = await laboratory.collect();
    expect(first).toMatchObject({ cycle: 1, condemned: { blobs: 3, packs: 1 } });
    expect(laboratory.keys(...BLOBS)).toEqual(all);
    const second = await laboratory.collect();
    expect(second).toMatchObject({ deleted: first.condemned, condemned: { blobs: 0 } });
    expect(laboratory.keys(...BLOBS)).toEqual(before);
    expect(laboratory.keys("trash/")).toHaveLength(all.length - before.length);
    laboratory.clock.advance(6 * DAY);
    expect((await laboratory.collect()).freed.objects).toBe(0);
    laboratory.clock.advance(2 * DAY);
    expect((await laboratory.collect()).freed.objects).toBe(all.length - before.length);
    expect(laboratory.keys("trash/", "gc/condemned/")).toEqual([]);
    expect(laboratory.damage(kept)).toBeUndefined();
  });

  it("keeps what is younger than the grace, with all that it needs", async () => {
    await laboratory.put(wholeBlob("dropped whole"));
    laboratory.clock.advance(25 * HOUR);
    await laboratory.put(dropped);
    laboratory.clock.advance(23 * HOUR);
    expect((await laboratory.collect({ grace: DAY })).condemned.blobs).toBe(0);
    laboratory.clock.advance(2 * HOUR);
    expect((await laboratory.collect({ grace: DAY })).condemned.blobs).toBe(3);
  });

  it("leaves alone what a program wrote that knows no refs", async () => {
    const { id, text } = wholeBlob("of mltrack");
    const folder = `data/${id.slice(0, 2)}/${id}/`;
    await laboratory.store.put(`${folder}data.json`, text);
    await laboratory.store.put(`${folder}metadata.json`, JSON.stringify({ name: "x", hash: id }));
    for (let n = 0; n < 3; n++) {
      expect(await laboratory.collect()).toMatchObject({ condemned: { blobs: 0 }, foreign: 1 });
    }
    expect(await laboratory.store.text(`${folder}data.json`)).toBe(text);
  });

  it("spares what got a ref after it was condemned", async () => {
    await laboratory.put(dropped);
    await laboratory.collect();
    await putSampleRef(laboratory.store, dropped.id, "late");
    expect(await laboratory.collect()).toMatchObject({ deleted: { blobs: 0, packs: 0 } });
    expect(laboratory.damage(dropped)).toBeUndefined();
  });

  it("tells by a dry run what it would do, and writes nothing", async () => {
    await laboratory.put(kept, "run");
    await laboratory.put(dropped);
    const read = new Set(["get", "list", "head", "read-into"]);
    const readOnly = laboratory.store.with(
      fault({
        script: ({ operation }) =>
          read.has(operation) ? undefined : { kind: "error", when: "before" },
      }),
    );
    const planned = await laboratory.collect({ dryRun: true }, readOnly);
    const { condemned, found } = await laboratory.collect();
    expect(planned).toMatchObject({ dryRun: true, condemned, found });
    const next = await laboratory.collect({ dryRun: true }, readOnly);
    const { deleted } = await laboratory.collect();
    expect(next.deleted).toEqual(deleted);
    laboratory.clock.advance(8 * DAY);
    const last = await laboratory.collect({ dryRun: true }, readOnly);
    expect(last.freed).toEqual((await laboratory.collect()).freed);
  });

  it("is refused without conditional puts, before any I/O", async () => {
    const calls: string[] = [];
    const without = (inner: Backend): Backend =>
      Object.defineProperty(overlay(inner, {}), "capabilities", {
        value: { ...inner.capabilities, putIfMatch: false },
      });
    const script = ({ operation }: { operation: string }) => void calls.push(operation);
    const store = laboratory.store.with(fault({ script }), without);
    await expect(laboratory.collect({}, store)).rejects.toMatchObject({ code: "unsupported" });
    expect(calls).toEqual([]);
    await expect(laboratory.collect({ grace: -1 })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  it("leaves all as it is while a recipe cannot be read", async () => {
    await laboratory.put(kept, "run");
    await laboratory.put(dropped);
    await laboratory.collect();
    await laboratory.store.put(recipeKey(kept.id), '{"version":1,"blobs":["nonsense"]}');
    const before = laboratory.keys("data/", "packs/");
    await expect(laboratory.collect()).rejects.toMatchObject({ code: "corrupt-format" });
    expect(laboratory.keys("data/", "packs/")).toEqual(before);
  });

  it("goes on after any call at which it was stopped", async () => {
    for (const when of ["before", "after"] as const) {
      let calls = 0;
      let hasEnded = false;
      for (let call = 1; !hasEnded; call++) {
        const place = await Laboratory.open();
        await place.put(kept, "run");
        await place.put(dropped);
        await place.collect();
        calls = call;
        await new Promise<void>((resolve) => {
          const stop = stopping({ call, when }, (settled) => void settled.then(() => resolve()));
          void place.collect({}, place.store.with(stop)).then(() => {
            hasEnded = true;
            resolve();
          });
        });
        place.clock.advance(16 * MINUTE);
        for (let n = 0; n < 3; n++) await place.collect();
        expect(place.damage(kept)).toBeUndefined();
        expect(place.damage(dropped)).toBeDefined();
        expect(place.keys("data/", "packs/")).toHaveLength(8);
        place.clock.advance(8 * DAY);
        await place.collect();
        expect(place.keys("trash/", "gc/condemned/")).toEqual([]);
        place.close();
      }
      expect(calls).toBeGreaterThan(40);
    }
  });

  it("lets no other one begin until it has ended or died", async () => {
    await laboratory.put(dropped);
    let other: unknown;
    const meanwhile = laboratory.store.with((inner) =>
      overlay(inner, {
        async *list(options) {
          other ??= await laboratory.collect().catch((error: unknown) => error);
          yield* inner.list(options);
        },
      }),
    );
    await laboratory.collect({}, meanwhile);
    expect(other).toMatchObject({ code: "precondition-failed" });
    const hung = laboratory.store.with(
      fault({
        script: ({ operation, key }) =>
          operation === "put" && key === "gc/state.json" && laboratory.keys("trash/").length > 0
            ? { kind: "error", when: "before" }
            : undefined,
      }),
    );
    await expect(laboratory.collect({}, hung)).rejects.toMatchObject({ code: "connection" });
    await expect(laboratory.collect()).rejects.toMatchObject({ code: "precondition-failed" });
    laboratory.clock.advance(16 * MINUTE);
    await laboratory.collect();
    expect(laboratory.keys("data/", "packs/")).toEqual([]);
  });
});

describe("a deletion that arrives late", () => {
  const whole = wholeBlob("stored again");

  /** The collector stands still before it deletes; another takes over, and the blob is stored anew. */
  async function deleteLate(isKilled: boolean): Promise<unknown> {
    await laboratory.put(whole);
    await laboratory.collect();
    let isLate = false;
    const late = laboratory.store.with((inner) =>
      overlay(inner, {
        async deleteMany(keys, options) {
          if (isLate || !keys[0]?.startsWith("data/")) return inner.deleteMany(keys, options);
          isLate = true;
          laboratory.clock.advance(HOUR);
          await laboratory.collect();
          await laboratory.put(whole, "run");
          const results = await inner.deleteMany(keys, options);
          expect(laboratory.damage(whole)).toBeDefined();
          if (isKilled) throw new Error("killed");
          return results;
        },
      }),
    );
    return laboratory.collect({}, late).catch((error: unknown) => error);
  }

  it("is made good by the one that sent it", async () => {
    expect(isLodeError(await deleteLate(false), "precondition-failed")).toBe(true);
    expect(laboratory.damage(whole)).toBeUndefined();
  });

  it("is made good by the next collection if that died", async () => {
    expect(isLodeError(await deleteLate(true), "unexpected")).toBe(true);
    expect(laboratory.damage(whole)).toBeDefined();
    laboratory.clock.advance(8 * DAY);
    expect(await laboratory.collect()).toMatchObject({ restored: [whole.id], missing: [] });
    expect(laboratory.damage(whole)).toBeUndefined();
  });
});

describe("restoring", () => {
  it("brings blobs back with all that they need, as long as the trash has it", async () => {
    await laboratory.put(dropped);
    await laboratory.collect();
    await laboratory.collect();
    expect(laboratory.damage(dropped)).toBeDefined();
    const { store, clock } = laboratory;
    const unknown = "0".repeat(64);
    expect(await restoreBlobs(store, [dropped.id, unknown], { clock })).toEqual({
      restored: [dropped.id],
      missing: [unknown],
    });
    expect(laboratory.damage(dropped)).toBeUndefined();
    await putSampleRef(store, dropped.id, "run");
    for (let n = 0; n < 3; n++) await laboratory.collect();
    expect(laboratory.damage(dropped)).toBeUndefined();
  });

  it("does not bring back a blob of which a part is gone for good", async () => {
    await laboratory.put(dropped);
    await laboratory.collect();
    await laboratory.collect();
    const { store, clock } = laboratory;
    for (const key of laboratory.keys("trash/").filter((one) => one.includes("/packs/"))) {
      await store.delete(key);
    }
    const { missing } = await restoreBlobs(store, [dropped.id], { clock });
    expect(missing).toEqual([dropped.id]);
    expect(laboratory.keys(`data/${dropped.id.slice(0, 2)}/${dropped.id}/`)).toEqual([]);
  });

  it("gives a blob back the metadata that a deletion took while its bytes were stored", async () => {
    await laboratory.put(kept, "run");
    const { store } = laboratory;
    const metadata = metadataKey(kept.id);
    const text = await store.text(metadata);
    await store.copy(metadata, `trash/000001/${metadata}`);
    await store.delete(metadata);
    expect((await laboratory.collect()).restored).toEqual([kept.id]);
    expect(await store.text(metadata)).toBe(text);
    expect((await laboratory.collect()).restored).toEqual([]);
  });

  it("tells of blobs that refs need and that are nowhere", async () => {
    await laboratory.put(kept, "run");
    const [pack = ""] = laboratory.keys("packs/");
    await laboratory.store.delete(pack);
    const { missing } = await laboratory.collect();
    expect(missing).toEqual([kept.links[1]?.id]);
  });
});
