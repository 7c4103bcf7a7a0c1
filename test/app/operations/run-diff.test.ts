import { describe, expect, it } from "vitest";
import { compareRuns } from "../../../src/app/operations/run-diff.js";
import { type DataReference, type NewRun, Run } from "../../../src/runs/index.js";

const HASHES = { a: "a".repeat(64), b: "b".repeat(64) };

function runOf(options: NewRun, data: Readonly<Record<string, DataReference>> = {}): Run {
  const run = Run.begin({ ...options, runType: "analysis" }, () => 0);
  run.inputs = { ...data };
  return run;
}

function table(hash: string, more: Partial<DataReference> = {}): DataReference {
  return {
    ...{ name: "t", hash, type: "table", format: "parquet", layout: "whole", size: 1 },
    ...{ key: `data/${hash.slice(0, 2)}/${hash}/data.parquet`, createdAt: "2026-01-01T00:00:00Z" },
    ...more,
  };
}

describe("compareRuns", () => {
  it("takes data for the same by its digest or its bytes", () => {
    const state = (a: DataReference, b: DataReference) =>
      compareRuns(runOf({}, { t: a }), runOf({}, { t: b })).data[0]?.state;
    expect(state(table(HASHES.a), table(HASHES.a, { digest: "table-v1:1" }))).toBe("same");
    expect(state(table(HASHES.a), table(HASHES.b))).toBe("changed");
    const digest = { digest: "table-v1:1" };
    expect(state(table(HASHES.a, digest), table(HASHES.b, digest))).toBe("same");
    expect(state(table(HASHES.a, digest), table(HASHES.b, { digest: "table-v2:1" }))).toBe(
      "changed",
    );
  });

  it("tells which columns came, went, and have another type", () => {
    const before = { columns: ["x", "y", "z"], dtype: { x: "int64", y: "utf8", z: "bool" } };
    const after = { columns: ["x", "z", "w"], dtype: { x: "float64", z: "bool", w: "utf8" } };
    const { data } = compareRuns(
      runOf({}, { t: table(HASHES.a, before) }),
      runOf({}, { t: table(HASHES.b, after) }),
    );
    expect(data[0]?.columns).toEqual({ added: ["w"], removed: ["y"], retyped: ["x"] });
  });

  it("compares values as deep as they are, and names of prototypes as names", () => {
    const { values } = compareRuns(
      runOf({ params: { net: { layers: [1, 2] }, toString: 1 }, tags: { only: "a" } }),
      runOf({ params: { net: { layers: [1, 2] } }, metrics: { loss: Number.NaN } }),
    );
    expect(values).toEqual([
      { field: "fact", name: "runType", state: "same", first: "analysis", second: "analysis" },
      { field: "fact", name: "status", state: "same", first: "running", second: "running" },
      expect.objectContaining({ field: "param", name: "net", state: "same" }),
      { field: "param", name: "toString", state: "only-in-first", first: 1 },
      { field: "metric", name: "loss", state: "only-in-second", second: Number.NaN },
      { field: "tag", name: "only", state: "only-in-first", first: "a" },
    ]);
  });
});
