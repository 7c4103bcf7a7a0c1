import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type DataReference, RunStore } from "../../../../src/runs/index.js";
import {
  aliasedBlobs,
  type MigrationReport,
  migrateLegacy,
} from "../../../../src/runs/legacy/index.js";
import { type ObjectStore, openStore } from "../../../../src/storage/index.js";
import { freshStore, goldenStore, snapshot } from "../golden.js";

const HOME = "s3://ml-store/mltrack";
const FRAME = "62835dd7456f340808c9b57697eee8460a0230cdf5f694d0339b23db9e951f04";

function reasons(report: MigrationReport): Record<string, string[]> {
  const byRun: Record<string, string[]> = {};
  for (const { reason, run = "-", data = "-" } of report.findings) {
    byRun[run] = [...(byRun[run] ?? []), `${data}: ${reason}`];
  }
  return byRun;
}

describe("migrateLegacy", () => {
  let target: ObjectStore;
  let into: RunStore;

  beforeEach(async () => {
    target = await freshStore();
    into = await RunStore.open(target, { env: {} });
  });

  afterEach(() => into.close());

  it("carries over the runs of v2 and tells what is wrong with them", async () => {
    const from = await goldenStore("v2.json");
    const before = await snapshot(from);
    const report = await migrateLegacy(from, into, { home: HOME });
    expect(reasons(report)).toEqual({
      "-": ["-: unreadable"],
      five: ["inputs.five: collision"],
      incomplete: [
        "inputs.elsewhere: elsewhere",
        "inputs.gone: missing",
        "inputs.local: temp-path",
      ],
      narrowed: ["inputs.narrow: collision"],
      renamed: ["inputs.training_data: collision"],
      reshaped: ["inputs.weights: collision"],
      run_abc123: ["outputs.raw: print-out"],
      tampered: ["inputs.limits: hash-differs"],
    });
    expect(report.runs).toEqual({ migrated: 8, existed: 0, failed: 1 });
    expect(report.objects).toEqual({ migrated: 9, existed: 0, bytes: 5921, newBytes: 5921 });
    expect(await snapshot(from)).toEqual(before);
  });

  it("makes a run of what a manifest tells", async () => {
    await migrateLegacy(await goldenStore("v2.json"), into, { home: HOME });
    const run = await into.getRun("run_abc123");
    expect(run).toMatchObject({
      runType: "production",
      project: "customer_churn",
      status: "finished",
      createdAt: "2026-11-27T20:54:28.236865Z",
      tags: { region: "eu", owner: "Ünal" },
      metrics: { auc: Number.NaN, loss: 0.25 },
      storageModes: ["by_project", "by_date", "by_type", "flat"],
    });
    expect(run.inputs.training_data).toMatchObject({
      type: "table",
      digest: expect.stringMatching(/^table-v1:/),
      shape: [3, 5],
      columns: ["a", "b", "s", "f", "t"],
      metadata: { legacy_hash: FRAME },
    });
    expect(await into.load(run.outputs.scores as DataReference)).toEqual([1, 2, 3]);
    expect(await into.load(run.inputs.weights as DataReference)).toMatchObject({
      dtype: "i8",
      shape: [6],
    });
  });

  it("keeps each object's bytes, and its legacy hash as an alias", async () => {
    const from = await goldenStore("v2.json");
    await migrateLegacy(from, into, { home: HOME });
    const [blob = ""] = await aliasedBlobs(target, { layout: "v2", id: FRAME });
    const { inputs } = await into.getRun("run_abc123");
    expect(inputs.training_data?.hash).toBe(blob);
    const bytes = await from.bytes(`data/62/${FRAME}/data.parquet`);
    expect(Buffer.from(await into.blobs.bytes(blob)).equals(bytes)).toBe(true);
  });

  it("keeps data that no run uses under its name", async () => {
    const report = await migrateLegacy(await goldenStore("v2.json", "shared"), into);
    expect(report).toMatchObject({ objects: { migrated: 1 }, findings: [] });
    const [reference] = await into.listData("elsewhere");
    expect(await into.load(reference as DataReference)).toEqual({ other: "bucket" });
  });

  it("carries over v1 with its files, and never loads a pickle", async () => {
    const from = await goldenStore("v1.json");
    const report = await migrateLegacy(from, into, { home: HOME });
    expect(reasons(report)).toEqual({
      run1: ["outputs.predictions: unverifiable"],
      run2: ["-: no-manifest", "inputs.params: unverifiable"],
    });
    const run = await into.getRun("run1");
    expect(run).toMatchObject({ runType: "experiment", project: "7" });
    expect(Object.keys(run.inputs)).toEqual(["training_data", "grid"]);
    expect(Object.keys(run.outputs)).toEqual([
      "predictions",
      "models/loading_code.py",
      "models/metadata.json",
      "models/model.pkl",
      "models/requirements.txt",
    ]);
    const pickle = run.outputs["models/model.pkl"];
    expect(pickle).toMatchObject({ type: "file", format: "pkl" });
    expect(run.model?.blob).toBe(pickle?.hash);
    const bytes = await from.bytes("experiments/7/runs/run1/models/model.pkl");
    expect(Buffer.from(await into.blobs.bytes(pickle?.hash ?? "")).equals(bytes)).toBe(true);
    expect((await into.getRun("run2")).inputs.params).toMatchObject({
      createdAt: "2026-11-27T20:54:31Z",
    });
  });

  it("finds the manifest of v1 in a copy made of files, which have no double slash", async () => {
    const folder = await mkdtemp(join(tmpdir(), "legacy-"));
    try {
      const copy = await openStore(`file://${folder}`);
      const from = await goldenStore("v1.json");
      const double = "experiments/7/runs/run1//manifest.json";
      await expect(copy.put(double, "{}")).rejects.toMatchObject({ code: "invalid-key" });
      for await (const { key } of from.list()) {
        await copy.put(key.replace("//", "/"), await from.bytes(key));
      }
      const report = await migrateLegacy(copy, into);
      expect(report.runs).toEqual({ migrated: 2, existed: 0, failed: 0 });
      expect((await into.getRun("run1")).createdAt).toBe("2026-11-27T20:54:31.800479Z");
      await copy.close();
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("writes nothing in a dry run, and tells the same", async () => {
    const from = await goldenStore("v2.json");
    const dry = await migrateLegacy(from, into, { home: HOME, dryRun: true });
    expect(await snapshot(target)).toEqual({});
    const real = await migrateLegacy(from, into, { home: HOME });
    expect(dry.findings).toEqual(real.findings);
    expect(dry.runs).toEqual(real.runs);
    expect(dry.objects.bytes).toBe(real.objects.bytes);
  });

  it("does nothing twice, and tells its findings again", async () => {
    const from = await goldenStore("v2.json");
    const first = await migrateLegacy(from, into, { home: HOME });
    const before = await snapshot(target);
    const second = await migrateLegacy(from, into, { home: HOME });
    expect(second.findings).toEqual(first.findings);
    expect(second.runs).toEqual({ migrated: 0, existed: 8, failed: 1 });
    expect(second.objects.migrated).toBe(0);
    expect(await snapshot(target)).toEqual(before);
  });

  it("goes on where it was stopped", async () => {
    const from = await goldenStore("v2.json");
    const whole = await migrateLegacy(from, into, { home: HOME, dryRun: true });
    for (let stopAt = 1; stopAt <= 15; stopAt += 2) {
      const stop = new AbortController();
      const onProgress = ({ runs, objects }: { runs: number; objects: number }) => {
        if (runs + objects >= stopAt) stop.abort();
      };
      const migrating = migrateLegacy(from, into, { home: HOME, signal: stop.signal, onProgress });
      await migrating.catch((error) => expect(error).toMatchObject({ code: "aborted" }));
    }
    const last = await migrateLegacy(from, into, { home: HOME });
    expect(last.findings).toEqual(whole.findings);
    const runs: string[] = [];
    for await (const { id } of into.listRuns()) runs.push(id);
    expect(runs.length).toBe(8);
    const { outputs } = await into.getRun("run_abc123");
    expect(Object.keys(outputs)).toEqual(["note", "scores", "raw"]);
  });

  it("leaves a run of the same id as it is", async () => {
    const own = await into.createRun({ runId: "five", project: "ours" });
    await into.saveManifest(own);
    const report = await migrateLegacy(await goldenStore("v2.json"), into, { home: HOME });
    expect(reasons(report).five).toEqual(["-: conflict"]);
    expect((await into.getRun("five")).project).toBe("ours");
  });

  it("copies unseen without verify", async () => {
    const from = await goldenStore("v2.json");
    const report = await migrateLegacy(from, into, { home: HOME, verify: false });
    expect(report.objects.migrated).toBe(9);
    expect(reasons(report).tampered).toBeUndefined();
    expect((await into.getRun("tampered")).inputs.limits?.digest).toBeUndefined();
  });

  it("tells a damaged object and keeps its bytes", async () => {
    const from = await goldenStore("v2.json");
    const key = `data/62/${FRAME}/data.parquet`;
    const damaged = (await from.bytes(key)).slice(0, -20);
    await from.put(key, damaged);
    const report = await migrateLegacy(from, into, { home: HOME });
    expect(reasons(report).run_abc123).toContain("inputs.training_data: damaged");
    const reference = (await into.getRun("run_abc123")).inputs.training_data;
    expect(Buffer.from(await into.blobs.bytes(reference?.hash ?? "")).equals(damaged)).toBe(true);
  });

  it("takes an object again that was replaced after it was migrated", async () => {
    const from = await goldenStore("v2.json");
    await migrateLegacy(from, into, { home: HOME });
    const key =
      "data/a3/a36b1f2c3f84522dd1005145646617d7054c0851e97c72a039c0bdfac9fa07f3/data.json";
    await from.put(key, "[3, 2, 1]");
    const manifest = (await from.text("manifests/run_abc123.json")).replace(
      "run_abc123",
      "another",
    );
    await from.put("manifests/another.json", manifest);
    const report = await migrateLegacy(from, into, { home: HOME });
    expect(reasons(report).another).toContain("outputs.scores: hash-differs");
    const reference = (await into.getRun("another")).outputs.scores as DataReference;
    expect(await into.load(reference)).toEqual([3, 2, 1]);
  });

  it("refuses the source as target", async () => {
    await expect(migrateLegacy(target, into)).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
