import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LodeError } from "../../../src/errors.js";
import {
  captureRun,
  currentRun,
  fileOf,
  type Run,
  RunStore,
  tableOf,
} from "../../../src/runs/index.js";
import { type CheckpointPlace, diskPlace, keysOf, memoryPlace } from "../../checkpoints/places.js";

async function runsOf(store: RunStore): Promise<Run[]> {
  const runs: Run[] = [];
  for await (const run of store.listRuns()) runs.push(run);
  return runs.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
}

async function onlyRun(store: RunStore): Promise<Run> {
  const runs = await runsOf(store);
  expect(runs).toHaveLength(1);
  return runs[0]!;
}

describe.each([
  ["mem", memoryPlace],
  ["file", () => diskPlace("file")],
])("captured functions on %s", (_, makePlace) => {
  let place: CheckpointPlace;
  let store: RunStore;

  beforeEach(async () => {
    place = await makePlace();
    store = await RunStore.open(await place.open(), { env: {} });
  });

  afterEach(async () => {
    await store.close();
    await place.drop();
  });

  const values = async (references: Run["inputs"]): Promise<Record<string, unknown>> =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(references).map(async ([name, reference]) => [
          name,
          await store.load(reference),
        ]),
      ),
    ) as Record<string, unknown>;

  it("saves the run of an async call before its promise resolves", async () => {
    const saved: string[] = [];
    const train = captureRun(
      async function train(rows: number[], lr: number) {
        const run = currentRun()!;
        expect((await store.getRun(run.id)).status).toBe("running");
        run.logMetric("loss", 0.5);
        rows.push(99);
        return { model: `weights ${lr}`, scores: [1, 2] };
      },
      {
        store,
        inputs: ["rows", "lr"],
        outputs: ["model", "scores"],
        runType: "production",
        project: "churn",
        storageModes: ["by_type"],
        tags: { region: "eu" },
        onSaved: ({ id, status }) => saved.push(`${id} ${status}`),
      },
    );
    expect(train.name).toBe("train");
    expect(await train([1, 2], 0.1)).toEqual({ model: "weights 0.1", scores: [1, 2] });
    const run = await onlyRun(store);
    expect(saved).toEqual([`${run.id} finished`]);
    expect(run).toMatchObject({
      runType: "production",
      project: "churn",
      status: "finished",
      metrics: { loss: 0.5 },
      tags: { region: "eu" },
      storageModes: ["by_type"],
      error: null,
      code: { function: "train" },
      environment: { node: process.versions.node, packages: { lodestore: expect.any(String) } },
    });
    expect(run.endedAt! >= run.startedAt!).toBe(true);
    expect(await values(run.inputs)).toEqual({ rows: [1, 2], lr: 0.1 });
    expect(await values(run.outputs)).toEqual({ model: "weights 0.1", scores: [1, 2] });
    expect(await keysOf(store.store, "runs/by_type/production/")).toHaveLength(1);
  });

  it("copies the inputs of a synchronous call, and the result, before they are changed", async () => {
    const records = [{ x: 1 }, { x: 2 }];
    const weights = new Float32Array([1, 2]);
    const bytes = Buffer.from("abc");
    const train = captureRun(
      (table: unknown, w: Float32Array, b: Buffer, options: { deep: number[] }) => {
        records[0]!.x = 77;
        w[0] = 77;
        b[0] = 77;
        options.deep.push(77);
        return [w, table] as const;
      },
      { store, inputs: ["table", "w", "b", "options"], outputs: ["w", "table"] },
    );
    const [out] = train(tableOf(records), weights, bytes, { deep: [1] });
    expect(out).toBe(weights);
    weights[1] = 88;
    await train.flush();
    const run = await onlyRun(store);
    const inputs = await values(run.inputs);
    expect(inputs).toMatchObject({ options: { deep: [1] }, w: { data: new Float32Array([1, 2]) } });
    expect(Buffer.from(inputs.b as Uint8Array).toString()).toBe("abc");
    expect(run.inputs.table?.digest).toBe(
      (await store.storeData(tableOf([{ x: 1 }, { x: 2 }]), "same")).digest,
    );
    expect(await values(run.outputs)).toMatchObject({ w: { data: new Float32Array([77, 2]) } });
    expect(run.outputs.table?.digest).not.toBe(run.inputs.table?.digest);
  });

  it("takes functions that return promises, methods, and names told by functions", async () => {
    class Model {
      readonly factor = 3;
      times(x: { value: number }): Promise<number> {
        const { value } = x;
        x.value = 0;
        return Promise.resolve(value * this.factor);
      }
    }
    Model.prototype.times = captureRun(Model.prototype.times, {
      store,
      inputs: (x) => ({ x, nothing: undefined }),
      outputs: (product) => ({ product, half: product / 2 }),
    });
    expect(await new Model().times({ value: 4 })).toBe(12);
    const run = await onlyRun(store);
    expect(run.code?.function).toBe("times");
    expect(await values(run.inputs)).toEqual({ x: { value: 4 } });
    expect(await values(run.outputs)).toEqual({ product: 12, half: 6 });
  });

  it.each(["async", "sync"])(
    "records what an %s function throws, without secrets",
    async (kind) => {
      vi.stubEnv("MY_API_KEY", "hunter2-hunter2");
      const thrown = new RangeError(
        "GET https://me:pa55@host/x?sig=abc123&n=1 failed: hunter2-hunter2, password=letmein",
      );
      const options = { store, inputs: ["x"] };
      const failing =
        kind === "async"
          ? captureRun(async (_x: string) => Promise.reject(thrown), options)
          : captureRun((_x: string): void => {
              throw thrown;
            }, options);
      const call = async () => failing("in");
      await expect(call()).rejects.toBe(thrown);
      await failing.flush();
      vi.unstubAllEnvs();
      const run = await onlyRun(store);
      expect(run).toMatchObject({ status: "failed", outputs: {} });
      expect(run.error).toMatchObject({
        name: "RangeError",
        message: "GET https://***@host/x?sig=***&n=1 failed: ***, password=***",
      });
      expect(JSON.stringify(run.facts())).not.toMatch(/hunter2|pa55|abc123|letmein/);
      expect(await values(run.inputs)).toEqual({ x: "in" });
    },
  );

  it.each([[null], [Object.create(null)], [Symbol("s")], [undefined], ["text"]])(
    "throws on what is no error unchanged: %o",
    async (thrown: unknown) => {
      const failing = captureRun(async () => Promise.reject(thrown), { store });
      let caught: unknown = "nothing";
      await failing().catch((error: unknown) => {
        caught = error;
      });
      expect(caught).toBe(thrown);
      expect((await onlyRun(store)).status).toBe("failed");
    },
  );

  it("makes runs of calls within calls, side by side too", async () => {
    const inner = captureRun(async (x: number) => x * 2, { store, name: "inner", inputs: ["x"] });
    const leaf = captureRun((x: number) => x + 1, { store, name: "leaf", inputs: ["x"] });
    const outer = captureRun(
      async (x: number) => {
        const doubled = await Promise.all([inner(x), inner(x + 1)]);
        return doubled.map((value) => leaf(value));
      },
      { store, name: "outer", inputs: ["x"] },
    );
    expect(await Promise.all([outer(1), outer(10)])).toEqual([
      [3, 5],
      [21, 23],
    ]);
    await leaf.flush();
    expect(currentRun()).toBeUndefined();
    const runs = await runsOf(store);
    const named = (name: string): Run[] => runs.filter(({ code }) => code?.function === name);
    expect([named("outer"), named("inner"), named("leaf")].map(({ length }) => length)).toEqual([
      2, 4, 4,
    ]);
    expect(named("outer").map(({ parentRun }) => parentRun)).toEqual([null, null]);
    for (const outerRun of named("outer")) {
      const children = runs.filter(({ parentRun }) => parentRun === outerRun.id);
      expect(children.map(({ code }) => code?.function).sort()).toEqual([
        "inner",
        "inner",
        "leaf",
        "leaf",
      ]);
    }
  });

  it("captures generators, step by step", async () => {
    const parents: (string | undefined)[] = [];
    async function* epochs(count: number): AsyncGenerator<{ epoch: number }, string, number> {
      for (let epoch = 0; epoch < count; epoch++) {
        parents.push(currentRun()?.id);
        const sent = yield { epoch };
        currentRun()?.logMetric("sent", sent);
      }
      return "done";
    }
    const captured = captureRun(epochs, { store, inputs: ["count"], outputs: "epochs" });
    const steps = captured(2);
    expect(await keysOf(store.store, "heads/")).toEqual([]);
    const first = await steps.next(0);
    expect(first.value).toEqual({ epoch: 0 });
    (first.value as { epoch: number }).epoch = 77;
    await steps.next(5);
    expect(await steps.next(6)).toEqual({ done: true, value: "done" });
    const run = await onlyRun(store);
    expect(parents).toEqual([run.id, run.id]);
    expect(run).toMatchObject({ status: "finished", metrics: { sent: 6 } });
    expect(await values(run.outputs)).toEqual({ epochs: [{ epoch: 0 }, { epoch: 1 }] });

    const sync = captureRun(
      function* (list: number[]) {
        try {
          yield* list;
        } finally {
          currentRun()?.logMetric("closed", 1);
        }
      },
      { store, name: "sync", inputs: ["list"], outputs: "taken" },
    );
    for (const item of sync([1, 2, 3])) if (item === 2) break;
    await sync.flush();
    const second = (await runsOf(store)).find(({ code }) => code?.function === "sync")!;
    expect(second).toMatchObject({ status: "finished", metrics: { closed: 1 } });
    expect(await values(second.outputs)).toEqual({ taken: [1, 2] });
  });

  it("records a generator that throws", async () => {
    const failing = captureRun(
      async function* () {
        yield 1;
        throw new TypeError("no more");
      },
      { store, outputs: "items" },
    );
    const read = async () => {
      for await (const _ of failing());
    };
    await expect(read()).rejects.toThrow("no more");
    expect(await onlyRun(store)).toMatchObject({
      status: "failed",
      outputs: {},
      error: { name: "TypeError", message: "no more" },
    });
  });

  it("is an error before the call what cannot be stored, if strict", async () => {
    const work = vi.fn(async (_f: unknown) => 1);
    const called = vi.fn((_f: unknown) => 1);
    const promised = captureRun(async (f: unknown) => work(f), { store, name: "p", inputs: ["f"] });
    await expect(promised(() => 1)).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("inputs.f of a call of p is not stored") as string,
    });
    const atOnce = captureRun(called, { store, name: "a", inputs: ["f"] });
    for (const bad of [
      () => 1,
      { n: Number.NaN },
      new Map(),
      { deep: [new Date(0)] },
      fileOf("x"),
    ]) {
      expect(() => atOnce(bad)).toThrow(/inputs\.f of a call of a is not stored/);
    }
    expect([work.mock.calls, called.mock.calls]).toEqual([[], []]);
    expect(await keysOf(store.store, "heads/")).toEqual([]);
  });

  it("tells what it left out, if not strict, and gives the result all the same", async () => {
    const told: [string, string][] = [];
    const options = {
      store,
      inputs: ["good", "bad"],
      outputs: ["y", "missing", "z"],
      strict: false,
      onError: (error: LodeError, runId: string) => void told.push([error.message, runId]),
    } as const;
    const body = (good: number, _bad: unknown) => ({ y: good, z: () => 1 });
    const atOnce = captureRun(body, { ...options, name: "at once" });
    const promised = captureRun(async (good: number, bad: unknown) => body(good, bad), {
      ...options,
      name: "promised",
    });
    expect(atOnce(1, Symbol("x")).y).toBe(1);
    expect((await promised(1, Symbol("x"))).y).toBe(1);
    await atOnce.flush();
    const runs = await runsOf(store);
    expect(runs).toHaveLength(2);
    for (const run of runs) {
      expect(run).toMatchObject({ status: "finished" });
      expect(Object.keys(run.more.skipped as object).sort()).toEqual([
        "inputs.bad",
        "outputs.missing",
        "outputs.z",
      ]);
      expect([Object.keys(run.inputs), Object.keys(run.outputs)]).toEqual([["good"], ["y"]]);
      expect(told.filter(([, id]) => id === run.id)).toHaveLength(3);
    }
    expect(() =>
      captureRun(body, { store, strict: false } as unknown as Parameters<typeof captureRun>[1]),
    ).toThrow(/give onError/);
  });

  it("saves the run, and then throws, if an output cannot be stored", async () => {
    const promised = captureRun(async () => new Map(), { store, name: "m", outputs: "map" });
    await expect(promised()).rejects.toThrow(/outputs\.map of a call of m is not stored/);
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    const atOnce = captureRun(() => new Map([[1, 2]]), { store, name: "m", outputs: "map" });
    expect(atOnce().get(1)).toBe(2);
    await expect(atOnce.flush()).rejects.toThrow(/outputs\.map/);
    await atOnce.flush();
    expect(warned).toHaveBeenCalledOnce();
    warned.mockRestore();
    const runs = await runsOf(store);
    expect(runs.map(({ status }) => status)).toEqual(["finished", "finished"]);
    expect(runs.map(({ more }) => Object.keys(more.skipped as object))).toEqual([
      ["outputs.map"],
      ["outputs.map"],
    ]);
  });

  it("takes an id once", async () => {
    const once = captureRun(async () => 1, { store, runId: "only" });
    await once();
    await expect(once()).rejects.toMatchObject({ code: "already-exists" });
    expect((await store.getRun("only")).revision).toBe(2);
    await store.store.put("manifests/theirs.json", "{}");
    const work = vi.fn(() => 1);
    const told: LodeError[] = [];
    const theirs = captureRun(work, {
      store,
      runId: "theirs",
      strict: false,
      onError: (error) => void told.push(error),
    });
    expect(theirs()).toBe(1);
    await theirs.flush();
    expect(told.map(({ code }) => code)).toEqual(["already-exists"]);
    expect(await store.store.text("manifests/theirs.json")).toBe("{}");
  });

  it("marks a run as killed that its signal stopped, and calls nothing after it has fired", async () => {
    const stop = new AbortController();
    const captured = captureRun(
      (x: number) =>
        new Promise<number>((_, reject) => {
          stop.signal.addEventListener("abort", () => reject(new Error(`stopped at ${x}`)));
        }),
      { store, inputs: ["x"], signal: stop.signal, onError: () => undefined },
    );
    const call = captured(1);
    stop.abort();
    await expect(call).rejects.toThrow("stopped at 1");
    const run = await onlyRun(store);
    expect([run.status, run.error]).toEqual(["killed", null]);
    expect(() => captured(2)).toThrow(/cancelled/);
    const later = captureRun(async () => 1, { store, signal: stop.signal });
    await expect(later()).rejects.toMatchObject({ code: "aborted" });
    expect(await runsOf(store)).toHaveLength(1);
  });

  it("keeps data that is stored already, and files", async () => {
    const path = join(tmpdir(), `lodestore-capture-${process.pid}.csv`);
    await writeFile(path, "a,b\n");
    const reference = await store.storeData([1, 2, 3], "training");
    const captured = captureRun(async (_data: unknown) => fileOf(path), {
      store,
      inputs: ["data"],
      outputs: "report",
    });
    await captured(reference);
    const run = await onlyRun(store);
    expect(run.inputs.data?.hash).toBe(reference.hash);
    expect(run.outputs.report).toMatchObject({ type: "file", format: "csv", size: 4 });
    expect((await store.findRunsByData(reference)).map((found) => found.run.id)).toEqual([run.id]);
  });
});
