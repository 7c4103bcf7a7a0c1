import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DataReference, RunStore } from "../../../../src/runs/index.js";
import {
  isInPlace,
  listInPlace,
  loadInPlace,
  readInPlace,
} from "../../../../src/runs/legacy/index.js";
import type { ObjectStore } from "../../../../src/storage/index.js";
import { goldenStore, snapshot } from "../golden.js";

let store: ObjectStore;

beforeEach(async () => {
  store = await goldenStore("v2.json");
});

async function reference(run: string, name: string): Promise<DataReference> {
  const facts = await readInPlace(store, run);
  return { ...facts?.inputs, ...facts?.outputs }[name] as DataReference;
}

describe("readInPlace", () => {
  it("gives what a manifest of mltrack tells, and only data that is here", async () => {
    const facts = await readInPlace(store, "run_abc123");
    expect(facts).toMatchObject({
      runType: "production",
      createdAt: "2026-11-27T20:54:28.236865Z",
      metrics: { auc: Number.NaN },
    });
    expect(isInPlace(facts?.inputs.weights as DataReference)).toBe(true);
    const incomplete = await readInPlace(store, "incomplete");
    expect(Object.keys(incomplete?.inputs ?? {})).toEqual(["gone", "elsewhere"]);
    expect(await readInPlace(store, "none")).toBeUndefined();
  });

  it("refuses a broken manifest by its name", async () => {
    await expect(readInPlace(store, "broken")).rejects.toMatchObject({
      code: "corrupt-format",
      message: expect.stringContaining("manifests/broken.json"),
    });
  });
});

describe("listInPlace", () => {
  it("lists what has no head, beside runs of ours", async () => {
    const runs = await RunStore.open(store, { env: {} });
    for (const runId of ["a", "zz/z", "renamed!"]) {
      await runs.saveManifest(await runs.createRun({ runId }));
    }
    const unreadable: string[] = [];
    const found: string[] = [];
    for await (const { runId } of listInPlace(store, {
      onUnreadable: (key) => unreadable.push(key),
    })) {
      found.push(runId);
    }
    expect(found).toEqual([
      "five",
      "incomplete",
      "later",
      "narrowed",
      "renamed",
      "reshaped",
      "run_abc123",
      "tampered",
    ]);
    expect(unreadable).toEqual(["manifests/broken.json"]);
    await runs.close();
  });
});

describe("RunStore over what mltrack wrote", () => {
  it("gets, lists and loads its runs", async () => {
    const runs = await RunStore.open(store, { env: {} });
    const run = await runs.getRun("run_abc123");
    expect(run.project).toBe("customer_churn");
    expect(await runs.load(run.outputs.note as DataReference)).toBe("hello");
    await runs.saveManifest(await runs.createRun({ runId: "own", project: "customer_churn" }));
    const found: string[] = [];
    const options = { project: "customer_churn", onUnreadable: () => undefined };
    for await (const { id } of runs.listRuns(options)) found.push(id);
    expect(found).toEqual(["own", "renamed", "run_abc123"]);
    await expect(runs.getRun("none")).rejects.toMatchObject({ code: "not-found" });
    await runs.close();
  });

  it("has no run of an id that the store cannot have as a key of mltrack's", async () => {
    const root = await mkdtemp(join(tmpdir(), "lode-in-place-"));
    await using runs = await RunStore.open(`file://${root}`, { env: {} });
    await expect(runs.getRun("../a//b")).rejects.toMatchObject({ code: "not-found" });
    await runs.saveManifest(runs.beginRun({ runId: "../a//b" }));
    expect((await runs.getRun("../a//b")).revision).toBe(1);
    await rm(root, { recursive: true });
  });

  it("does not take a run of ours for one of mltrack", async () => {
    const runs = await RunStore.open(store, { env: {} });
    await runs.saveManifest(await runs.createRun({ runId: "own" }));
    await store.delete("heads/own.json");
    await expect(runs.getRun("own")).rejects.toMatchObject({ code: "not-found" });
    await runs.close();
  });
});

describe("what mltrack wrote", () => {
  let runs: RunStore;

  beforeEach(async () => {
    runs = await RunStore.open(store, { env: {} });
  });

  afterEach(() => runs.close());

  it("is never written, and says how to change it", async () => {
    const before = await snapshot(store);
    const refusal = {
      code: "unsupported",
      message: expect.stringContaining("lode run migrate") as string,
    };
    const run = await runs.getRun("run_abc123");
    const data = run.outputs.note as DataReference;
    const fresh = runs.beginRun({ runId: "fresh" });
    fresh.inputs.note = data;
    for (const refused of [
      () => runs.saveManifest(run),
      () => runs.addStorageLocation(run, "flat"),
      () => runs.deleteRun("run_abc123"),
      () => runs.saveManifest(runs.beginRun({ runId: "run_abc123" })),
      () => runs.saveManifest(fresh),
      () => runs.addRunInput(runs.beginRun(), "note", data),
      () => runs.storeData(data, "note"),
    ]) {
      await expect(refused(), String(refused)).rejects.toMatchObject(refusal);
    }
    await runs.close();
    expect(await snapshot(store)).toEqual(before);
  });

  it("gives values, not bytes, whose hash is another's", async () => {
    const { note, weights } = {
      ...(await runs.getRun("run_abc123")).outputs,
      ...(await runs.getRun("run_abc123")).inputs,
    };
    expect(() => runs.stream(weights!)).toThrow(/pandas .* not the SHA-256 .*RunStore\.load/);
    expect(await runs.load(note!)).toBe("hello");
  });

  it("is not read where it is in its first layout, which is told", async () => {
    await using v1 = await RunStore.open(await goldenStore("v1.json"), { env: {} });
    const told = { message: expect.stringMatching(/first layout.*lode run migrate/) as string };
    await expect(v1.listRuns().next()).rejects.toMatchObject({ code: "unsupported", ...told });
    await expect(v1.getRun("r1")).rejects.toMatchObject({ code: "not-found", ...told });
    await v1.saveManifest(await v1.createRun({ runId: "own" }));
    const found: string[] = [];
    for await (const { id } of v1.listRuns()) found.push(id);
    expect(found).toEqual(["own"]);
  });
});

describe("loadInPlace", () => {
  it.each([
    ["config", { b: [1, 2.5, true, null], a: "é€😀", n: Number.NaN, s: 1e-7 }],
    ["note", "hello"],
    ["scores", [1, 2, 3]],
  ])("loads %s", async (name, value) => {
    expect(await loadInPlace(store, await reference("run_abc123", name))).toEqual(value);
  });

  it("loads arrays and tables", async () => {
    const before = await snapshot(store);
    expect(await loadInPlace(store, await reference("run_abc123", "weights"))).toMatchObject({
      dtype: "i8",
      shape: [6],
    });
    expect(await loadInPlace(store, await reference("run_abc123", "training_data"))).toMatchObject({
      schema: { fields: expect.arrayContaining([expect.objectContaining({ name: "s" })]) },
    });
    expect(await snapshot(store)).toEqual(before);
  });

  it("refuses data that is not what its hash says", async () => {
    await expect(loadInPlace(store, await reference("tampered", "limits"))).rejects.toMatchObject({
      code: "integrity",
      message: expect.stringContaining("data/7d/"),
    });
    await expect(loadInPlace(store, await reference("incomplete", "gone"))).rejects.toMatchObject({
      code: "not-found",
    });
  });
});
