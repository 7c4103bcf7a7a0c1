import { lutimesSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openDirectBackend } from "../../../../src/storage/backends/direct/index.js";
import { openFileBackend } from "../../../../src/storage/backends/file/index.js";
import type { LocalDiskBackend } from "../../../../src/storage/local-disk/index.js";
import { bundleWorker, runWorker as runScript, type WorkerEnd } from "./run-worker.js";
import { filesBelow, keysOf, readAll, readText, temporaryRoot, text } from "./temporary-root.js";
import { NEW_BYTES, OLD_BYTES, PART_BYTES } from "./worker-data.js";

const bundle = mkdtempSync(join(tmpdir(), "lode-worker-"));
let script = "";

beforeAll(async () => {
  script = await bundleWorker(bundle);
});

afterAll(() => rmSync(bundle, { recursive: true, force: true }));

function runWorker(...args: string[]): Promise<WorkerEnd> {
  return runScript(script, ...args);
}

it("loses no increment of 5 workers in one process, nor of 2 processes beside them", async () => {
  const root = temporaryRoot();
  const store = await openFileBackend({ root });
  await store.put("counter", text("0"));
  const ends = await Promise.all([1, 2].map(() => runWorker("increment", root, "15", "file")));
  for (const end of ends) expect(end, end.output).toMatchObject({ code: 0 });
  expect(await readText(store, "counter")).toBe("30");
  const worker = async (): Promise<void> => {
    for (let i = 0; i < 10; ) {
      const { etag } = await store.head("counter");
      const value = Number(await readText(store, "counter"));
      const put = store.put("counter", text(String(value + 1)), { mode: { ifMatch: etag } });
      i += await put.then(
        () => 1,
        () => 0,
      );
    }
  };
  await Promise.all([1, 2, 3, 4, 5].map(worker));
  expect(await readText(store, "counter")).toBe("80");
  expect(filesBelow(root)).toEqual(["counter"]);
}, 60_000);

it("lets exactly one of many writers create an object", async () => {
  for (const sync of ["full", "none"] as const) {
    const root = temporaryRoot();
    const stores = await Promise.all([1, 2, 3].map(() => openFileBackend({ root, sync })));
    for (let round = 0; round < 30; round++) {
      const puts = Array.from({ length: 6 }, (_, i) =>
        stores[i % 3]!.put(`d/${round}`, text(`writer ${i}`), { mode: "create" }),
      );
      const results = await Promise.allSettled(puts);
      const winners = results.flatMap((result, i) => (result.status === "fulfilled" ? [i] : []));
      expect(winners.length).toBe(1);
      expect(await readText(stores[0]!, `d/${round}`)).toBe(`writer ${winners[0]}`);
    }
  }
});

it("keeps a put's folder although others delete its last object all the time", async () => {
  const root = temporaryRoot();
  const store = await openFileBackend({ root, sync: "none" });
  const body = new Uint8Array(300_000);
  const churn = async (worker: number): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      await store.put(`a/b/c/${worker}`, i % 2 === 0 ? text("x") : body);
      const [result] = await store.deleteMany([`a/b/c/${worker}`]);
      expect(result?.error).toBeUndefined();
    }
  };
  await Promise.all([1, 2, 3, 4].map(churn));
  expect(filesBelow(root)).toEqual([]);
}, 30_000);

/** Lets all hidden files seem two hours old. */
function makeOld(root: string): void {
  const then = Date.now() / 1000 - 7200;
  for (const path of filesBelow(root)) {
    if (path.includes(".lode-")) lutimesSync(join(root, path), then, then);
  }
}

async function expectClean(store: LocalDiskBackend, root: string, keys: string[]): Promise<void> {
  makeOld(root);
  await store.removeLeftovers();
  expect(filesBelow(root).filter((path) => !path.endsWith("/"))).toEqual(keys);
}

it.each([
  ["put", "file"],
  ["put", "direct"],
  ["create", "file"],
])(
  "survives kill -9 at every system call of %s on %s",
  async (job, scheme) => {
    for (let n = 1, done = false; !done; n += 2) {
      const round = async (at: number): Promise<boolean> => {
        const root = temporaryRoot(true);
        const open = scheme === "direct" ? openDirectBackend : openFileBackend;
        const store = await open({ root });
        await store.put("d/k", OLD_BYTES);
        const end = await runWorker(job, root, String(at), scheme);
        expect(end.signal === "SIGKILL" || end.code === 0, end.output).toBe(true);
        const keys = await keysOf(store);
        const created = keys.includes("d/new");
        expect(keys).toEqual(created ? ["d/k", "d/new"] : ["d/k"]);
        const old = await readAll(store, "d/k");
        const isNew = Buffer.compare(old, NEW_BYTES) === 0;
        expect(isNew || Buffer.compare(old, OLD_BYTES) === 0, `killed at ${at}`).toBe(true);
        if (created) expect(Buffer.compare(await readAll(store, "d/new"), NEW_BYTES)).toBe(0);
        if (end.code === 0) expect(job === "put" ? isNew : created).toBe(true);
        await store.put("d/k", OLD_BYTES); // a lock that the dead process held is no obstacle
        await expectClean(store, root, created ? ["d/k", "d/new"] : ["d/k"]);
        await store.close();
        return end.code === 0;
      };
      done = (await Promise.all([round(n), round(n + 1)])).includes(true);
    }
  },
  180_000,
);

it("resumes an upload after kill -9 at every system call", async () => {
  const round = async (at: number): Promise<boolean> => {
    const root = temporaryRoot(true);
    const store = await openFileBackend({ root });
    await store.put("d/k", OLD_BYTES);
    const end = await runWorker("upload", root, String(at), "file");
    expect(end.signal === "SIGKILL" || end.code === 0, end.output).toBe(true);
    const pending = [];
    for await (const upload of store.listMultiparts()) pending.push(upload);
    const isNew = Buffer.compare(await readAll(store, "d/k"), NEW_BYTES) === 0;
    if (!isNew) expect(Buffer.compare(await readAll(store, "d/k"), OLD_BYTES)).toBe(0);
    expect(pending.length).toBeLessThanOrEqual(isNew ? 0 : 1);
    for (const { key, id } of pending) {
      const upload = await store.resumeMultipart(key, id);
      const whole = (await upload.listParts()).map((part) => part.number);
      for (let n = 1; (n - 1) * PART_BYTES < NEW_BYTES.length; n++) {
        const part = NEW_BYTES.subarray((n - 1) * PART_BYTES, n * PART_BYTES);
        if (!whole.includes(n)) await upload.putPart(n, part);
      }
      await upload.complete();
      expect(Buffer.compare(await readAll(store, "d/k"), NEW_BYTES)).toBe(0);
    }
    await store.put("d/k", OLD_BYTES);
    await expectClean(store, root, ["d/k"]);
    await store.close();
    return end.code === 0;
  };
  for (let n = 1, done = false; !done; n += 2) {
    done = (await Promise.all([round(n), round(n + 1)])).includes(true);
  }
}, 180_000);

it("never removes a living process's temporary files, nor young ones of a dead one", async () => {
  const root = temporaryRoot();
  const store = await openFileBackend({ root });
  const put = store.put("k", {
    length: 2,
    async *stream() {
      yield text("a");
      makeOld(root);
      expect(await store.removeLeftovers()).toBe(0);
      yield text("b");
    },
  });
  await put;
  expect(await readText(store, "k")).toBe("ab");
  const kill = await runWorker("put", root, "12", "file");
  expect(kill.signal).toBe("SIGKILL");
  const left = filesBelow(root).filter((path) => path.includes(".lode-tmp-"));
  expect(left.length).toBe(1);
  expect(await store.removeLeftovers()).toBe(0);
  makeOld(root);
  // The first write into the folder by a new store removes it, too.
  const other = await openFileBackend({ root });
  await other.put("d/other", text("x"));
  await other.close();
  expect(filesBelow(root)).toEqual(["d/", "d/other", "k"]);
}, 30_000);
