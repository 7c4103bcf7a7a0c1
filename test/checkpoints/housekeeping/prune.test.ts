import { mkdtemp, rm, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  findLeftovers,
  prune,
  type RetentionRules,
} from "../../../src/checkpoints/housekeeping/index.js";
import {
  encodeManifest,
  encodeShardMeta,
  LATEST_KEY,
  manifestKey,
  nameText,
  newestManifest,
  putTag,
  readLatest,
} from "../../../src/checkpoints/manifest/index.js";
import { openStore } from "../../../src/storage/index.js";
import { fault } from "../../../src/storage/layers/fault.js";
import { overlay } from "../../../src/storage/layers/intercept.js";
import { addSample, keysOf, sampleManifest, shardMeta } from "./sample-store.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lode-prune-"));
});
afterAll(() => rm(folder, { recursive: true }));

let stores = 0;
const OPEN = {
  mem: () => openStore(`mem://prune-${++stores}`),
  file: () => openStore(`file://${folder}/${++stores}`),
};
const open = OPEN.mem;
const DAY = 24 * 60 * 60 * 1000;
const later = () => Date.now() + 2 * DAY;

interface Drawn {
  readonly step: number;
  readonly second: number;
  readonly loss: number | undefined;
  readonly tagged: boolean;
}

const drawn = fc.uniqueArray(
  fc.record<Drawn>({
    step: fc.nat(12),
    second: fc.nat(20),
    loss: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    tagged: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8, selector: ({ step, second }) => `${step}-${second}` },
);

const rules = fc.record<RetentionRules>(
  {
    keepLast: fc.integer({ min: 1, max: 3 }),
    keepEvery: fc.integer({ min: 1, max: 5 }),
    keepBest: fc.record({
      metric: fc.constant("loss"),
      mode: fc.constantFrom("min", "max"),
      count: fc.integer({ min: 1, max: 2 }),
    }),
  },
  { requiredKeys: [] },
);

/** What must stay, found in the plainest way: one rule after the other, one checkpoint after the other. */
function expected(
  all: readonly Drawn[],
  { keepLast, keepEvery, keepBest }: RetentionRules,
): Drawn[] {
  if (keepLast === undefined && keepEvery === undefined && keepBest === undefined) return [...all];
  const isNewer = (a: Drawn, b: Drawn) =>
    a.second > b.second || (a.second === b.second && a.step > b.step);
  return all.filter((one) => {
    const newer = all.filter((other) => isNewer(other, one));
    if (one.tagged || newer.length === 0) return true;
    if (keepLast !== undefined && newer.length < keepLast) return true;
    if (keepEvery !== undefined && one.step % keepEvery === 0) {
      if (!newer.some(({ step }) => step === one.step)) return true;
    }
    if (keepBest === undefined || one.loss === undefined) return false;
    const isBetter = (other: Drawn) => {
      if (other.loss === undefined) return false;
      const gain = (one.loss! - other.loss) * (keepBest.mode === "min" ? 1 : -1);
      return gain > 0 || (gain === 0 && isNewer(other, one));
    };
    return all.filter(isBetter).length < (keepBest.count ?? 1);
  });
}

const nameOf = ({ step, second }: Drawn) => ({ step, id: `s${second}` });
const textsOf = (all: readonly Drawn[]) => all.map((one) => nameText(nameOf(one))).sort();

describe.each(["mem", "file"] as const)("prune, %s", (scheme) => {
  it("keeps what the rules and the pointers keep, also when it is stopped and repeated", async () => {
    await fc.assert(
      fc.asyncProperty(drawn, rules, fc.nat(30), async (all, given, stopAfter) => {
        fc.pre(given.keepBest === undefined || all.some(({ loss }) => loss !== undefined));
        const store = await OPEN[scheme]();
        for (const one of all) {
          const metrics = one.loss === undefined ? undefined : { loss: one.loss };
          await addSample(store, { ...one, ...nameOf(one), more: { metrics } });
          if (one.tagged) await putTag(store, `t${one.step}-${one.second}`, nameOf(one));
        }
        const stop = new AbortController();
        const stopping = store.with(
          fault({
            script: ({ number }) => {
              if (number > stopAfter) stop.abort();
              return undefined;
            },
          }),
        );
        const first = await prune(stopping, { ...given, signal: stop.signal }).catch(
          (error) => error,
        );
        if (stop.signal.aborted && first instanceof Error) {
          expect(first).toMatchObject({ code: "aborted" });
        }
        // Whatever it did: the newest checkpoint is there, and the pointer leads to it.
        const latest = await readLatest(store);
        expect((await newestManifest(store))?.name).toEqual(latest?.name);

        const { failures } = await prune(store, { ...given, now: later() });
        expect(failures).toEqual([]);
        const kept = textsOf(expected(all, given));
        const keys = await keysOf(store);
        const foundIn = (prefix: string) =>
          keys
            .filter((key) => key.startsWith(prefix))
            .map((key) => /ckpt-[^/.]+/.exec(key)?.[0])
            .sort();
        expect(foundIn("manifests/")).toEqual(kept);
        expect(foundIn("shards/")).toEqual(kept);
      }),
      { numRuns: scheme === "mem" ? 40 : 8 },
    );
  });
});

describe("prune", () => {
  it("says why each checkpoint stays, and changes nothing in a dry run", async () => {
    const store = await open();
    for (const step of [10, 15, 20, 25]) {
      await addSample(store, { step, more: { metrics: { loss: Math.abs(step - 15) } } });
    }
    await addSample(store, { step: 30, more: { status: "incomplete" } }, { pointer: false });
    await putTag(store, "release", { step: 20, id: "a" });
    await store.put("manifests/ckpt-12-bad.json", "{");
    const before = await keysOf(store);
    const { plan, removed, bytes } = await prune(store, {
      keepLast: 1,
      keepEvery: 20,
      keepBest: { metric: "loss", mode: "min" },
      dryRun: true,
    });
    expect(plan.checkpoints.map(({ name, keptBy }) => [name.step, ...keptBy])).toEqual([
      [10],
      [15, "best"],
      [20, "tag:release", "every"],
      [25, "latest", "last"],
      [30, "incomplete"],
    ]);
    expect(plan.unreadable.map(({ key }) => key)).toEqual(["manifests/ckpt-12-bad.json"]);
    expect([removed, bytes]).toEqual([[], 0]);
    expect(await keysOf(store)).toEqual(before);
  });

  it("tells what is gone, and how much it was", async () => {
    const store = await open();
    for (const step of [1, 2, 3]) await addSample(store, { step });
    const told: string[] = [];
    const result = await prune(store, {
      keepLast: 1,
      onRemoved: (item) =>
        told.push(item.type === "checkpoint" ? nameText(item.checkpoint.name) : ""),
    });
    expect(told).toEqual(["ckpt-1-a", "ckpt-2-a"]);
    expect([result.removed.length, result.bytes]).toEqual([2, 20]);
  });

  it.each<[RetentionRules, string]>([
    [{ keepLast: 0 }, "keepLast"],
    [{ keepEvery: 0.5 }, "keepEvery"],
    [{ keepBest: { metric: "loss", mode: "min", count: -1 } }, "keepBest"],
    [{ keepBest: { metric: "los", mode: "min" } }, "acc, loss"],
    [{ keepBest: { metric: "toString", mode: "min" } }, "no checkpoint has the metric"],
  ])("refuses the rules %j", async (given, message) => {
    const store = await open();
    await addSample(store, { step: 1, more: { metrics: { acc: 1, loss: 2 } } });
    await expect(prune(store, given)).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining(message),
    });
  });

  it.each([LATEST_KEY, "tags/best.json"])("does nothing if %s is damaged", async (key) => {
    const store = await open();
    for (const step of [1, 2]) await addSample(store, { step });
    await store.put(key, "{}");
    await expect(prune(store, { keepLast: 1 })).rejects.toMatchObject({ code: "corrupt-format" });
    expect((await manifestsIn(store)).sort()).toEqual(["ckpt-1-a", "ckpt-2-a"]);
  });

  it("keeps a checkpoint that is tagged as it goes on", async () => {
    const store = await open();
    for (const step of [1, 2, 3, 4]) await addSample(store, { step });
    let tagged: Promise<void> | undefined;
    const result = await prune(store, {
      keepLast: 1,
      onRemoved: () => {
        tagged ??= putTag(store, "wanted", { step: 3, id: "a" });
      },
    });
    await tagged;
    expect(result.removed.length).toBeLessThan(3);
    expect(await store.exists("manifests/ckpt-3-a.json")).toBe(true);
    expect(await store.exists("shards/ckpt-3-a/rank-0.bin")).toBe(true);
  });
});

async function manifestsIn(store: Awaited<ReturnType<typeof open>>): Promise<string[]> {
  return (await keysOf(store))
    .filter((key) => key.startsWith("manifests/"))
    .map((key) => key.slice("manifests/".length, -".json".length));
}

describe("leftovers", () => {
  it("are what no checkpoint needs, once a whole save has been silent for long", async () => {
    const root = `${folder}/${++stores}`;
    const store = await openStore(`file://${root}`);
    const { manifest } = await addSample(store, { step: 1 });
    const crashed = ["shards/ckpt-2-x/rank-0.bin", "pending/ckpt-2-x/rank-0.json"];
    const alive = ["shards/rr/01/ckpt-3-x/rank-1.bin.zst", "pending/ckpt-3-x/rank-1.json"];
    const others = ["shards/readme", "shards/ckpt-1-a/notes/x", "elsewhere/ckpt-2-x/rank-0.bin"];
    const keys = [...crashed, ...alive, ...others, "pending/ckpt-1-a/claim.json"];
    const old = new Date(Date.now() - 2 * DAY);
    await utimes(join(root, manifest.shards[0]!.key), old, old);
    for (const key of keys) {
      await store.put(key, "12345");
      // One rank of the save that is alive has written a moment ago.
      if (key !== alive[1]) await utimes(join(root, key), old, old);
    }
    const found = await findLeftovers(store);
    const dead = ["pending/ckpt-1-a/claim.json", ...crashed].sort();
    expect(found.leftovers.map(({ key }) => key).sort()).toEqual(dead);
    expect(found.young.map(({ key }) => key).sort()).toEqual([...alive].sort());
    const { removed, bytes } = await prune(store);
    expect([removed.length, bytes]).toEqual([3, 15]);
    const left = await keysOf(store);
    for (const key of [...alive, ...others]) expect(left).toContain(key);
    for (const key of crashed) expect(left).not.toContain(key);
  });

  it("of a checkpoint whose manifest cannot be read stay", async () => {
    const store = await open();
    await addSample(store, { step: 1 });
    await store.put("shards/ckpt-1-lost/rank-0.bin", "x");
    await store.put("shards/ckpt-2-lost/rank-0.bin", "x");
    await store.put(manifestKey({ step: 1, id: "b" }), "{");
    const found = await findLeftovers(store, { now: later() });
    expect(found.leftovers.map(({ key }) => key)).toEqual(["shards/ckpt-2-lost/rank-0.bin"]);
    expect(found.unreadable).toMatchObject([{ key: "manifests/ckpt-1-b.json" }]);
  });

  it("are uploads that nobody ends", async () => {
    const store = await open();
    await addSample(store, { step: 1 });
    const upload = await store.startMultipart("shards/ckpt-2-x/rank-0.bin");
    await upload.putPart(1, Buffer.alloc(10));
    await store.startMultipart("elsewhere/x");
    expect((await findLeftovers(store)).young).toMatchObject([
      { kind: "upload", uploadId: upload.id },
    ]);
    const { removed, failures } = await prune(store, { now: later() });
    expect(removed).toMatchObject([{ leftover: { kind: "upload", key: upload.key } }]);
    expect(failures).toEqual([]);
    const running: string[] = [];
    for await (const { key } of store.listMultiparts()) running.push(key);
    expect(running).toEqual(["elsewhere/x"]);
  });

  it("are data of named shards that the record does not name", async () => {
    const store = await open();
    const [now, before, unknown] = [
      "named/model%2Fa/rank-0.22.bin.zst",
      "named/model%2Fa/rank-0.11.bin",
      "named/model%2Fa/rank-1.33.bin",
    ];
    for (const key of [now, before, unknown]) await store.put(key, "12");
    await store.put(
      "named/model%2Fa/rank-0.json",
      encodeShardMeta({ rank: 0, key: now, size: 2, etag: null, checksum: null }),
    );
    await store.put("named/model%2Fa/rank-1.json", "{");
    const found = await findLeftovers(store, { now: later() });
    expect(found.leftovers.map(({ key }) => key)).toEqual([before]);
    expect(found.unreadable.map(({ key }) => key)).toEqual(["named/model%2Fa/rank-1.json"]);
    expect((await prune(store)).removed).toEqual([]);
    expect((await prune(store, { now: later() })).removed.length).toBe(1);
  });

  it("stay if their save is committed between plan and deletion", async () => {
    const inner = await open();
    await addSample(inner, { step: 1 });
    const slow = sampleManifest({ step: 2 });
    await inner.put(slow.manifest.shards[0]!.key, "shard of 2");
    // Tags are the last that the plan reads.
    const racing = inner.with((backend) =>
      overlay(backend, {
        async *list(options) {
          yield* backend.list(options);
          if (options?.prefix !== "tags/") return;
          await inner.put(manifestKey(slow.name), encodeManifest(slow.manifest));
        },
      }),
    );
    const { plan, removed } = await prune(racing, { now: later() });
    expect(plan.leftovers.length).toBe(1);
    expect(removed).toEqual([]);
    expect(await inner.exists(slow.manifest.shards[0]!.key)).toBe(true);
  });

  it("are none of the shards of s3dlio that lie in another folder", async () => {
    const store = await open();
    const { name, manifest } = sampleManifest({ step: 7, id: "20260301-000002" });
    const shard = shardMeta("shards/ckpt-7-20260301-000001/rank-0.bin", 0, Buffer.from("x"));
    await store.put(shard.key, "x");
    await store.put(manifestKey(name), encodeManifest({ ...manifest, shards: [shard] }));
    expect((await findLeftovers(store, { now: later() })).leftovers).toEqual([]);
  });
});
