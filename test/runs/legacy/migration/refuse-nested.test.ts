import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RunStore } from "../../../../src/runs/index.js";
import { migrateLegacy } from "../../../../src/runs/legacy/index.js";
import { refuseNested } from "../../../../src/runs/legacy/migration/refuse-nested.js";
import { freshStore, goldenStore, snapshot } from "../golden.js";

let root = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "lode-nested-"));
  await mkdir(join(root, "old/data"), { recursive: true });
  await symlink(join(root, "old"), join(root, "link"));
});

afterAll(() => rm(root, { recursive: true }));

describe("refuseNested", () => {
  it.each([
    ["s3://b/mltrack", "s3://b/mltrack/"],
    ["s3://b/mltrack", "s3://b/mltrack/manifests/new"],
    ["s3://b/trash", "s3://b"],
    ["az://a/c/data/old", "az://a/c"],
    ["mem://x", "mem://x/runs"],
    ["file://ROOT/old", "direct://ROOT/old"],
    ["file://ROOT/old", "file://ROOT/link"],
    ["file://ROOT/link", "file://ROOT/old/experiments/none/yet"],
    ["file://ROOT/link/data", "file://ROOT/old"],
  ])("refuses %s into %s", async (from, into) => {
    const [a, b] = [from.replace("ROOT", root), into.replace("ROOT", root)];
    await expect(refuseNested(a, b)).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it.each([
    ["s3://b/mltrack", "s3://b/mltrack2"],
    ["s3://b/mltrack", "s3://c/mltrack"],
    ["s3://b/mltrack", "s3://b/mltrack/new"],
    ["s3://b/mltrack", "s3://b"],
    ["file://ROOT/link", "file://ROOT/none/yet"],
  ])("lets %s into %s", async (from, into) => {
    await refuseNested(from.replace("ROOT", root), into.replace("ROOT", root));
  });
});

describe("migrateLegacy into a folder of the source, or above it", () => {
  it.each([
    ["old/", "old/new/"],
    ["old/", ""],
  ])("leaves %s alone and finds the same again, from %s", async (source, target) => {
    const shared = await freshStore();
    const before = await snapshot(await goldenStore("v2.json"));
    const from = shared.sub(source.slice(0, -1));
    for (const [key, text] of Object.entries(before)) {
      await from.put(key, Buffer.from(text, "base64"));
    }
    const store = target === "" ? shared : shared.sub(target.slice(0, -1));
    await using into = await RunStore.open(store, { env: {} });
    const options = { home: "s3://ml-store/mltrack" };
    const first = await migrateLegacy(from, into, options);
    const second = await migrateLegacy(from, into, options);
    expect(second.findings).toEqual(first.findings);
    expect(second.runs).toEqual({ migrated: 0, existed: 8, failed: 1 });
    for await (const _ of into.verifyRuns()) expect.unreachable();
    for (const [key, text] of Object.entries(before)) {
      expect(Buffer.from(await from.bytes(key)).toString("base64")).toBe(text);
    }
  });
});
