import { describe, expect, it } from "vitest";
import { isLodeError } from "../../../../src/errors.js";
import type { Backend } from "../../../../src/storage/backend.js";
import { openDirectBackend } from "../../../../src/storage/backends/direct/index.js";
import { openFileBackend } from "../../../../src/storage/backends/file/index.js";
import { nodeFsCalls } from "../../../../src/storage/local-disk/index.js";
import { countedCalls, failWith, shortWrite } from "./failing-calls.js";
import { filesBelow, keysOf, patternBytes, readAll, temporaryRoot } from "./temporary-root.js";

const OLD = patternBytes(10_000, 1);
const NEW = patternBytes(20_000, 2);

const verbs: Record<string, (store: Backend) => Promise<unknown>> = {
  put: (store) => store.put("d/k", NEW),
  "put of a stream": (store) =>
    store.put("d/k", {
      length: NEW.length,
      async *stream() {
        yield NEW.subarray(0, 7000);
        yield NEW.subarray(7000);
      },
    }),
  "compare and swap": async (store) => {
    await store.put("d/k", NEW, { mode: { ifMatch: (await store.head("d/k")).etag } });
  },
  copy: async (store) => {
    await store.put("s", NEW);
    await store.copy("s", "d/k");
    await store.deleteMany(["s"]);
  },
  "upload in parts": async (store) => {
    const upload = await store.startMultipart("d/k", { partSize: 8192 });
    try {
      for (let n = 1; n <= 3; n++) await upload.putPart(n, NEW.subarray((n - 1) * 8192, n * 8192));
      await upload.complete();
    } catch (error) {
      await upload.abort();
      throw error;
    }
  },
  "upload in odd parts": async (store) => {
    const upload = await store.startMultipart("d/k");
    try {
      await upload.putPart(2, NEW.subarray(9000));
      await upload.putPart(1, NEW.subarray(0, 9000));
      await upload.complete();
    } catch (error) {
      await upload.abort();
      throw error;
    }
  },
};

const stores = {
  "file, sync full": (o: object) => openFileBackend({ root: "", sync: "full", ...o }),
  "file, sync none": (o: object) => openFileBackend({ root: "", sync: "none", ...o }),
  direct: (o: object) => openDirectBackend({ root: "", sync: "full", ...o }),
};

describe.each(Object.entries(stores))("%s with a failure at the n-th system call", (_, open) => {
  for (const [verb, run] of Object.entries(verbs)) {
    for (const code of verb === "put" ? ["ENOSPC", "EIO", "EMFILE"] : ["EIO"]) {
      it(`${verb} and ${code}: the object is old or new and whole, nothing else is left`, async () => {
        for (let n = 1; ; n++) {
          const root = temporaryRoot(true);
          const clean = await open({ root });
          await clean.put("d/k", OLD);
          const warnings: string[] = [];
          const { calls, log } = countedCalls(n, failWith(code));
          const store = await open({
            root,
            fsCalls: calls,
            onWarning: (warning: { message: string }) => warnings.push(warning.message),
          });
          const failure = await run(store).then(
            () => undefined,
            (error: unknown) => error,
          );
          await store.close();
          const at = `failure at call ${n} (${log[n - 1]})`;
          if (failure !== undefined) expect(isLodeError(failure), `${at}: ${failure}`).toBe(true);
          const now = await readAll(clean, "d/k");
          const isNew = Buffer.compare(now, NEW) === 0;
          expect(isNew || Buffer.compare(now, OLD) === 0, `${at}: torn`).toBe(true);
          if (failure === undefined) expect(isNew, `${at}: success told in vain`).toBe(true);
          const left = filesBelow(root).filter((path) => path.includes(".lode-"));
          const told =
            warnings.length > 0 || /^(unlink|rmdir|close|lstat|realpath)/.test(log[n - 1] ?? "");
          if (!told) expect(left, at).toEqual([]);
          await clean.put("d/k", OLD);
          expect((await keysOf(clean)).includes("d/k")).toBe(true);
          await clean.close();
          if (log.length < n) return;
        }
      }, 60_000);
    }
    it(`${verb} with a short write at the n-th call is whole`, async () => {
      for (let n = 1; ; n++) {
        const root = temporaryRoot(true);
        const { calls, log } = countedCalls(n, shortWrite);
        const store = await open({ root, fsCalls: calls });
        await store.put("d/k", OLD);
        await run(store);
        expect(Buffer.compare(await readAll(store, "d/k"), NEW), `call ${n}`).toBe(0);
        await store.close();
        if (log.length < n) return;
      }
    }, 60_000);
  }
});

it("says that the disk is full and that the old version is unchanged", async () => {
  const root = temporaryRoot();
  const write = (): Promise<number> => {
    return Promise.reject(Object.assign(new Error("no space"), { code: "ENOSPC" }));
  };
  const store = await openFileBackend({ root, fsCalls: { ...nodeFsCalls, write } });
  await expect(store.put("k", NEW)).rejects.toMatchObject({
    code: "unexpected",
    message: expect.stringMatching(/disk is full.*unchanged/),
    details: { errno: "ENOSPC" },
  });
  expect(filesBelow(root)).toEqual([]);
});
