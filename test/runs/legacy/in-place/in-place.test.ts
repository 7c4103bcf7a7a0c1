import { beforeEach, describe, expect, it } from "vitest";
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

  it("does not take a run of ours for one of mltrack", async () => {
    const runs = await RunStore.open(store, { env: {} });
    await runs.saveManifest(await runs.createRun({ runId: "own" }));
    await store.delete("heads/own.json");
    await expect(runs.getRun("own")).rejects.toMatchObject({ code: "not-found" });
    await runs.close();
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
