import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { collectGarbage } from "../../src/cas/index.js";
import { isLodeError } from "../../src/errors.js";
import type { NpyArray, Table } from "../../src/formats/index.js";
import { tableRecords } from "../../src/formats/index.js";
import {
  loadArrayRows,
  loadTable,
  RunStore,
  type Tree,
  tableOf,
  treeOf,
} from "../../src/runs/index.js";
import type { CheckpointPlace } from "../checkpoints/places.js";
import { lode } from "../cli/lode.js";
import { noise } from "../storage/transfer/stores.js";

const MIB = 1 << 20;

export interface RunPlace extends CheckpointPlace {
  /** What the command needs to open the same store. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** What must hold for runs on any store that outlives a process. Each test works below a prefix of its own. */
export function describeRuns(name: string, makePlace: () => Promise<RunPlace>): void {
  describe(`runs on ${name}`, () => {
    let place: RunPlace;
    let prefix = 0;
    let store: RunStore;
    let folder: string;

    beforeAll(async () => {
      place = await makePlace();
    });

    afterAll(() => place.drop());

    /** As another process would open it. */
    const open = async (): Promise<RunStore> =>
      RunStore.open((await place.open()).sub(`job-${prefix}`), { env: {} });

    beforeEach(async () => {
      prefix++;
      store = await open();
      folder = await mkdtemp(join(tmpdir(), "lodestore-runs-"));
    });

    afterEach(async () => {
      await store.close();
      await rm(folder, { recursive: true, force: true });
    });

    it("keeps values of every kind, and gives them back whole and in part", async () => {
      const large = noise(3 * MIB);
      await writeFile(join(folder, "a"), "alpha");
      const values = {
        bytes: Uint8Array.of(1, 2, 3),
        text: "täxt",
        json: { b: [1, null], a: "x" },
        array: Float64Array.of(1, 2, 3),
        table: tableOf([
          { id: 1, name: "ä" },
          { id: 2, name: null },
        ]),
        large,
        tree: treeOf(folder),
      };
      const run = await store.createRun({ runId: "values" });
      for (const [key, value] of Object.entries(values)) await store.addRunOutput(run, key, value);
      await store.saveManifest(run);

      await using other = await open();
      const { outputs } = await other.getRun("values");
      expect(await other.load(outputs.bytes!)).toEqual(values.bytes);
      expect(await other.load(outputs.text!)).toBe("täxt");
      expect(await other.load(outputs.json!)).toEqual(values.json);
      expect(((await other.load(outputs.array!)) as NpyArray).data).toEqual(values.array);
      const part = await loadArrayRows(other.blobs, outputs.array!, 1, 2);
      expect(part.data).toEqual(Float64Array.of(2));
      expect(await tableRecords((await other.load(outputs.table!)) as Table)).toEqual([
        { id: 1, name: "ä" },
        { id: 2, name: null },
      ]);
      const names = await loadTable(other.blobs, outputs.table!, { columns: ["name"] });
      expect(await tableRecords(names)).toEqual([{ name: "ä" }, { name: null }]);
      expect(outputs.large?.layout).toBe("chunked");
      expect(Buffer.from((await other.load(outputs.large!)) as Uint8Array).equals(large)).toBe(
        true,
      );
      const range = { start: MIB, end: MIB + 100 };
      const middle = await other.blobs.bytes(outputs.large!.hash, { range });
      expect(Buffer.from(middle).equals(large.subarray(range.start, range.end))).toBe(true);
      const tree = (await other.load(outputs.tree!)) as Tree;
      expect(Buffer.from(await tree.read("a")).toString()).toBe("alpha");
    });

    it("stores only what is new of another version", async () => {
      const large = noise(4 * MIB);
      await store.storeData(large, "one");
      const changed = Buffer.concat([
        large.subarray(0, MIB),
        Buffer.from("17 bytes inserted"),
        large.subarray(MIB),
      ]);
      await using other = await open();
      let reused = 0;
      await other.storeData(changed, "two", {
        onProgress: ({ reusedBytes }) => {
          reused = reusedBytes;
        },
      });
      expect(changed.length - reused).toBeLessThanOrEqual(3 * 128 * 1024);
    });

    it("shows runs in views, finds them by data, and merges writers", async () => {
      const run = await store.createRun({
        runId: "a run/1",
        project: "p q",
        storageModes: ["by_project", "{tag.region}"],
        tags: { region: "eu" },
      });
      await store.addRunInput(run, "in", "shared");
      await store.saveManifest(run);
      const keys = async () => (await all(store.views.list())).map(({ key }) => key);
      expect(await keys()).toEqual([
        "runs/by_project/p%20q/a%20run%2F1/run.json",
        "runs/custom/_tag.region_/eu/a%20run%2F1/run.json",
      ]);
      await using other = await open();
      const theirs = await other.getRun("a run/1");
      run.tags.region = "us";
      theirs.logMetric("auc", 0.5);
      await Promise.all([store.saveManifest(run), other.saveManifest(theirs)]);
      const merged = await store.getRun("a run/1");
      expect([merged.tags, merged.metrics]).toEqual([{ region: "us" }, { auc: 0.5 }]);
      expect((await keys())[1]).toBe("runs/custom/_tag.region_/us/a%20run%2F1/run.json");
      expect(await other.views.rebuild()).toMatchObject({ written: [], deleted: [] });

      const second = await other.createRun({ runId: "second" });
      await other.addRunOutput(second, "out", "shared");
      await other.saveManifest(second);
      const found = await store.findRunsByData(run.inputs.in!);
      expect(found.map(({ run: { id }, uses }) => [id, uses[0]?.role])).toEqual([
        ["a run/1", "input"],
        ["second", "output"],
      ]);
      const taken = await store.createRun({ runId: "second" }).catch((error: unknown) => error);
      expect(isLodeError(taken, "already-exists")).toBe(true);
    });

    it("collects what no run needs, and nothing else", async () => {
      const [kept, gone] = [noise(2 * MIB, 1), noise(2 * MIB, 2)];
      await store.storeData(kept, "kept");
      await store.storeData("small and gone", "gone");
      const reference = await store.storeData(gone, "gone");
      await store.close();
      store = await open();
      await store.forget("gone");
      // The clock of a server may have seconds only, so that what is new passes for newer than now.
      const sums = { condemned: 0, deleted: 0, freed: 0 };
      const collect = async () => {
        const report = await collectGarbage(store.store, { grace: 0, restoreWindow: 0 });
        sums.condemned += report.condemned.blobs;
        sums.deleted += report.deleted.blobs;
        sums.freed += report.freed.objects;
        return sums.freed;
      };
      await expect.poll(collect, { timeout: 20_000, interval: 300 }).toBeGreaterThanOrEqual(4);
      expect(sums).toMatchObject({ condemned: 2, deleted: 2 });
      const missing = await store.load(reference).catch((error: unknown) => error);
      expect(isLodeError(missing, "not-found")).toBe(true);
      const [there] = await store.listData("kept");
      expect(Buffer.from((await store.load(there!)) as Uint8Array).equals(kept)).toBe(true);
      const verification = store.blobs.verify({ mode: "full" });
      expect((await all(verification)).filter(({ kind }) => kind !== "leftover")).toEqual([]);
      expect(verification.summary).toMatchObject({ sound: true, blobs: 1 });
    });

    it("does the same for the command", async () => {
      const run = (...argv: string[]) =>
        lode(["run", ...argv, "--store", `${place.uri}/job-${prefix}`], {
          cwd: folder,
          env: { ...place.env },
        });
      const ok = async (...argv: string[]) => {
        const result = await run(...argv);
        expect(result.code, result.stderr).toBe(0);
        return result;
      };
      const bytes = noise(2 * MIB);
      await writeFile(join(folder, "data.bin"), bytes);
      await ok("put", "data.bin", "--run", "r", "--input", "--create", "--finish");
      await ok("get", "r:data.bin", "back.bin");
      expect((await readFile(join(folder, "back.bin"))).equals(bytes)).toBe(true);
      expect((await ok("find", "back.bin")).stdout).toBe("r  input  data.bin\n");
      expect((await ok("verify", "--mode", "full")).stderr).toContain(
        "1 blob and 1 pack are sound",
      );
      await ok("rm", "r");
      const gc = async () => {
        const { lines } = await ok("gc", "--grace", "0s", "--restore-window", "0s", "--json");
        return (lines.at(-1) as { deleted: { blobs: number } }).deleted.blobs;
      };
      await expect.poll(gc, { timeout: 20_000, interval: 300 }).toBe(1);
      expect((await run("get", "r:data.bin")).code).toBe(10);
    });
  });
}
