import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type CatalogueRun,
  type NewRun,
  type Run,
  RunCatalogue,
  type RunQuery,
  RunStore,
  tableOf,
} from "../../../src/runs/index.js";
import { type CheckpointPlace, diskPlace, memoryPlace } from "../../checkpoints/places.js";

const MINUTE = 60_000;

/** Every run is a minute younger than the one before. */
function tickingClock() {
  let now = Date.parse("2026-01-01T00:00:00Z");
  return { now: () => (now += MINUTE), sleep: async () => undefined };
}

const ids = (runs: readonly CatalogueRun[]): string[] => runs.map(({ runId }) => runId);

describe.each([
  ["mem", memoryPlace],
  ["file", () => diskPlace("file")],
])("a catalogue of runs on %s", (_, makePlace) => {
  let place: CheckpointPlace;
  let store: RunStore;
  let folder: string;
  let path: string;

  beforeEach(async () => {
    place = await makePlace();
    store = await RunStore.open(await place.open(), { env: {}, clock: tickingClock() });
    folder = await mkdtemp(join(tmpdir(), "lodestore-catalogue-"));
    path = join(folder, "runs.db");
  });

  afterEach(async () => {
    await store.close();
    await place.drop();
    await rm(folder, { recursive: true, force: true });
  });

  async function save(
    options: NewRun,
    inputs: Record<string, unknown> = {},
    outputs: Record<string, unknown> = {},
  ): Promise<Run> {
    const run = await store.createRun(options);
    for (const [name, value] of Object.entries(inputs)) await store.addRunInput(run, name, value);
    for (const [name, value] of Object.entries(outputs)) await store.addRunOutput(run, name, value);
    await store.saveManifest(run);
    return run;
  }

  it("lists runs by what they tell, page by page", async () => {
    for (let i = 0; i < 7; i++) {
      await save({
        runId: `run-${i}`,
        runType: i % 2 === 0 ? "production" : "experiment",
        project: i < 4 ? "churn" : "other",
        tags: { region: i % 3 === 0 ? "eu" : "us", "odd\0name": "nul\0" },
        params: { lr: i / 10, deep: { layers: [i] }, on: true },
        metrics:
          i === 6 ? { loss: Number.NaN } : { loss: (i * 5) % 7, best: Number.NEGATIVE_INFINITY },
        ...(i === 5 ? { model: { name: "net", version: "2" } } : {}),
        ...(i === 1 ? { parentRun: "run-0" } : {}),
      });
    }
    using catalogue = await RunCatalogue.open(store, { path });
    expect((await catalogue.list()).runs).toEqual([]);
    expect(await catalogue.sync()).toEqual({ runs: 7, read: 7, removed: 0 });
    expect(await catalogue.sync()).toEqual({ runs: 7, read: 0, removed: 0 });

    const found = async (query: RunQuery): Promise<string> =>
      ids((await catalogue.list(query)).runs)
        .map((id) => id.slice(4))
        .join("");
    expect(await found({})).toBe("6543210");
    expect(await found({ descending: false })).toBe("0123456");
    expect(await found({ runType: "production", project: "churn" })).toBe("20");
    expect(await found({ tags: { region: "eu", "odd\0name": "nul\0" } })).toBe("630");
    expect(await found({ tags: { region: "eu", missing: "x" } })).toBe("");
    expect(await found({ params: { lr: 0.3 } })).toBe("3");
    expect(await found({ params: { deep: { layers: [2] }, on: true } })).toBe("2");
    expect(await found({ metrics: [{ name: "loss", operator: "<=", value: 3 }] })).toBe("320");
    expect(
      await found({
        metrics: [
          { name: "loss", operator: ">", value: 1 },
          { name: "loss", operator: "<", value: 6 },
        ],
      }),
    ).toBe("521");
    expect(await found({ order: { metric: "loss" }, descending: false })).toBe("032514");
    expect(await found({ model: { name: "net" } })).toBe("5");
    expect(await found({ model: { name: "net", version: "3" } })).toBe("");
    expect(await found({ parentRun: "run-0" })).toBe("1");
    expect(await found({ status: "failed" })).toBe("");
    const [third] = (await catalogue.list({ tags: { region: "eu" }, limit: 1 })).runs;
    expect(third).toEqual({
      ...{ runId: "run-6", revision: 1, runType: "production", project: "other" },
      ...{ status: "running", model: null, parentRun: null, endedAt: null, deletedAt: null },
      createdAt: expect.stringMatching(/^2026-/),
      startedAt: expect.stringMatching(/^2026-/),
      params: { lr: 0.6, deep: { layers: [6] }, on: true },
      metrics: { loss: Number.NaN },
      tags: { region: "eu", "odd\0name": "nul\0" },
      ...{ inputs: 0, outputs: 0 },
    });
    const at = new Date((await store.getRun("run-3")).createdAt);
    expect(await found({ since: at })).toBe("6543");
    expect(await found({ until: at })).toBe("210");

    for (const order of ["createdAt", { metric: "best" }, { metric: "loss" }] as const) {
      const whole = ids((await catalogue.list({ order })).runs);
      const paged: string[] = [];
      for (let cursor: string | null = ""; cursor !== null; ) {
        const page = await catalogue.list({ order, limit: 2, ...(cursor && { cursor }) });
        paged.push(...ids(page.runs));
        cursor = page.cursor;
      }
      expect(paged).toEqual(whole);
    }
    for (const wrong of [
      { limit: 0 },
      { cursor: "nonsense" },
      { data: {} },
      { metrics: [{ name: "a", operator: "; DROP" as never, value: 1 }] },
    ]) {
      await expect(catalogue.list(wrong)).rejects.toMatchObject({ code: "invalid-argument" });
    }
  });

  it("finds runs by blob, digest, name and column", async () => {
    const table = tableOf([{ user: 1, price: 2.5 }]);
    const a = await save({ runId: "a" }, { training: table }, { weights: new Float32Array([1]) });
    await save({ runId: "b" }, { training: "text", model: a.outputs.weights });
    await save({ runId: "c" }, {}, { prices: table });
    using catalogue = await RunCatalogue.open(store, { path });
    await catalogue.sync();
    const found = async (data: RunQuery["data"]): Promise<string[]> =>
      ids((await catalogue.list({ data, descending: false })).runs);
    expect(await found({ name: "training" })).toEqual(["a", "b"]);
    expect(await found({ column: "price" })).toEqual(["a", "c"]);
    expect(await found({ column: "price", role: "output" })).toEqual(["c"]);
    expect(await found({ column: "price", name: "weights" })).toEqual([]);
    const { hash, digest } = a.outputs.weights!;
    expect(await found({ hash })).toEqual(["a", "b"]);
    expect(await found({ digest, role: "input" })).toEqual(["b"]);
    expect(await catalogue.findRunsByData(a.inputs.training!)).toEqual([
      { runId: "a", uses: [{ role: "input", name: "training" }] },
      { runId: "c", uses: [{ role: "output", name: "prices" }] },
    ]);
  });

  it("follows data from run to run, also in circles", async () => {
    await save({ runId: "raw" }, {}, { rows: [1] });
    await save({ runId: "clean" }, { in: [1] }, { out: [2] });
    await save({ runId: "train" }, { rows: [2], seed: 7 }, { model: "m" });
    await save({ runId: "back" }, { model: "m" }, { rows: [1] });
    await save({ runId: "self" }, { x: "self" }, { y: "self" });
    await save({ runId: "gone" }, { rows: [2] });
    await store.deleteRun("gone");
    using catalogue = await RunCatalogue.open(store, { path });
    await catalogue.sync();
    const up = await catalogue.upstream("train");
    expect(up.map(({ producer, consumer, depth }) => `${producer} ${consumer} ${depth}`)).toEqual([
      "clean train 1",
      "back clean 2",
      "raw clean 2",
      "train back 3",
    ]);
    expect(up[0]).toMatchObject({ output: "out", input: "rows" });
    expect((await catalogue.upstream("train", { depth: 1 })).length).toBe(1);
    const down = await catalogue.downstream("raw");
    expect(down.map(({ producer, consumer }) => `${producer} ${consumer}`)).toEqual([
      "raw clean",
      "clean train",
      "train back",
      "back clean",
    ]);
    expect(await catalogue.downstream("self")).toEqual([]);
    for (const id of ["nobody", "gone"]) {
      await expect(catalogue.upstream(id)).rejects.toMatchObject({ code: "not-found" });
    }
    await expect(catalogue.upstream("raw", { depth: 0 })).rejects.toThrow(/1 or more/);
  });

  it("is of one store, and reads what is damaged in it only if told", async () => {
    await save({ runId: "a" });
    await save({ runId: "b" });
    using catalogue = await RunCatalogue.open(store, { path });
    const other = await memoryPlace();
    const stranger = await RunStore.open(await other.open(), { env: {} });
    await expect(RunCatalogue.open(stranger, { path })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await stranger.close();
    await other.drop();
    await store.store.put("heads/a.json", "{}");
    await expect(catalogue.sync()).rejects.toMatchObject({ code: "corrupt-format" });
    const keys: string[] = [];
    await catalogue.sync({ onUnreadable: (key) => keys.push(key) });
    expect(keys).toEqual(["heads/a.json"]);
    expect(ids((await catalogue.list()).runs)).toEqual(["b"]);
    const stop = AbortSignal.abort();
    await expect(catalogue.sync({ signal: stop })).rejects.toMatchObject({ code: "aborted" });
  });
});

it("tells after any changes what a new catalogue tells, and what the store finds", async () => {
  const id = fc.constantFrom("a", "b/c", "d.json", "é");
  const value = fc.constantFrom<unknown>("x", [1], new Int32Array([3]), 5);
  const action = fc.oneof(
    fc.record({
      do: fc.constant("save" as const),
      id,
      name: fc.constantFrom("p", "q"),
      value,
      role: fc.constantFrom("inputs" as const, "outputs" as const),
      tag: fc.string({ maxLength: 3 }),
      metric: fc.double(),
    }),
    fc.record({
      do: fc.constantFrom("delete" as const, "restore" as const, "purge" as const, "sync" as const),
      id,
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 12 }), async (actions) => {
      const place = await memoryPlace();
      const store = await RunStore.open(await place.open(), { env: {}, clock: tickingClock() });
      using kept = await RunCatalogue.open(store);
      const deleted = new Set<string>();
      const there = new Set<string>();
      for (const step of actions) {
        if (step.do === "sync") await kept.sync();
        if (step.do === "purge") {
          for (const { runId } of await store.purge({ restoreWindow: 0 })) {
            deleted.delete(runId);
            there.delete(runId);
          }
        }
        if (step.do === "delete" && there.has(step.id)) {
          await store.deleteRun(step.id);
          deleted.add(step.id);
        }
        if (step.do === "restore" && deleted.delete(step.id)) await store.restoreRun(step.id);
        if (step.do !== "save" || deleted.has(step.id)) continue;
        const run = there.has(step.id)
          ? await store.getRun(step.id)
          : await store.createRun({ runId: step.id });
        there.add(step.id);
        const add = step.role === "inputs" ? store.addRunInput : store.addRunOutput;
        await add.call(store, run, step.name, step.value, { replace: true });
        run.tags.t = step.tag.replaceAll("\0", "");
        run.logMetric("m", step.metric);
        await store.saveManifest(run);
      }
      await kept.sync();
      using fresh = await RunCatalogue.open(store);
      await fresh.sync();
      const [one, other] = [(await kept.list()).runs, (await fresh.list()).runs];
      expect(one).toEqual(other);
      expect(ids(one).sort()).toEqual([...there].filter((run) => !deleted.has(run)).sort());
      for (const run of one) expect((await store.getRun(run.runId)).tags).toEqual(run.tags);
      for (const data of ["x", [1], new Int32Array([3]), 5]) {
        const reference = await store.storeData(data, "asked");
        for (const query of [reference, reference.hash, reference.digest!]) {
          const found = await store.findRunsByData(query);
          expect(await kept.findRunsByData(query)).toEqual(
            found.map(({ run, uses }) => ({ runId: run.id, uses })),
          );
        }
      }
      await store.close();
      await place.drop();
    }),
    { numRuns: 40 },
  );
});

it("is filled by two processes at once", async () => {
  const place = await diskPlace("file");
  const folder = await mkdtemp(join(tmpdir(), "lodestore-catalogue-"));
  const path = join(folder, "runs.db");
  const store = await RunStore.open(await place.open(), { env: {}, clock: tickingClock() });
  for (let i = 0; i < 30; i++) await store.saveManifest(await store.createRun({ runId: `r${i}` }));
  const file = join(folder, "sync.mts");
  await writeFile(
    file,
    `import { RunCatalogue, RunStore } from ${JSON.stringify(new URL("../../../src/runs/index.ts", import.meta.url).href)};
     const [uri, path] = process.argv.slice(-2);
     const store = await RunStore.open(uri, { env: {} });
     const catalogue = await RunCatalogue.open(store, { path });
     for (let i = 0; i < 20; i++) await catalogue.rebuild();
     catalogue.close();
     await store.close();`,
  );
  let over = false;
  const args = ["--import", "tsx", file, place.uri, path];
  const other = promisify(execFile)(process.execPath, args, {
    cwd: new URL("../../..", import.meta.url),
  }).finally(() => {
    over = true;
  });
  using catalogue = await RunCatalogue.open(store, { path });
  while (!over) await catalogue.rebuild();
  await other;
  await catalogue.sync();
  expect(ids((await catalogue.list()).runs)).toHaveLength(30);
  await store.close();
  await place.drop();
  await rm(folder, { recursive: true, force: true });
});

it("lies in the cache folder by default", async () => {
  const place = await diskPlace("file");
  const cache = await mkdtemp(join(tmpdir(), "lodestore-cache-"));
  const store = await RunStore.open(await place.open(), { env: {} });
  using catalogue = await RunCatalogue.open(store, { env: { XDG_CACHE_HOME: cache } });
  expect(catalogue.path.startsWith(join(cache, "lodestore", "catalogues"))).toBe(true);
  await catalogue.sync();
  await store.close();
  await place.drop();
  await rm(cache, { recursive: true, force: true });
});
