import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LodeError } from "../../../src/errors.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import {
  type TransferOptions,
  throwIfFailed,
  transferObject,
} from "../../../src/storage/transfer/index.js";
import { dropStores, keysOf, memoryStore, noise, override, pendingOf, run } from "./stores.js";

const P = 64 * 1024;
const PARTS = 20;
const bytes = noise(PARTS * P + 5);

let stateDir: string;
let source: ObjectStore;
let target: ObjectStore;

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "transfer-resume-"));
  source = await memoryStore();
  target = await memoryStore();
  await source.put("from", bytes);
});

afterEach(async () => {
  dropStores();
  await rm(stateDir, { recursive: true });
});

function copy(options: TransferOptions = {}, from = source, to = target) {
  return run(
    transferObject({
      source: { store: from, key: "from" },
      target: { store: to, key: "to" },
      partSize: P,
      multipartThreshold: P,
      partConcurrency: 2,
      stateDir,
      ...options,
    }),
  );
}

/** A source that fails from its n-th read on. */
function failing(after: number, fail: () => Error): ObjectStore {
  let reads = 0;
  return source.with(
    override((inner) => ({
      async readInto(...args) {
        if (++reads > after) throw fail();
        return inner.readInto!(...args);
      },
    })),
  );
}

function lost(): LodeError {
  return new LodeError({ code: "connection", retry: "exhausted", message: "the line is down" });
}

/** A source that counts the bytes read. */
function counting(): { store: ObjectStore; read: () => number } {
  let read = 0;
  const store = source.with(
    override((inner) => ({
      async readInto(...args) {
        const result = await inner.readInto!(...args);
        read += result.bytesRead;
        return result;
      },
    })),
  );
  return { store, read: () => read };
}

async function expectComplete(): Promise<void> {
  expect(Buffer.from(await target.bytes("to")).equals(bytes)).toBe(true);
  expect(await pendingOf(target)).toEqual([]);
  expect(await readdir(stateDir)).toEqual([]);
}

describe("an interrupted transfer", () => {
  it("sends only what is missing when it is started again", async () => {
    const first = await copy({}, failing(12, lost));
    expect(first.summary.failures[0]?.error.code).toBe("connection");
    expect(await pendingOf(target)).toEqual(["to"]);
    expect(await readdir(stateDir)).toHaveLength(1);

    const { store, read } = counting();
    const second = await copy({}, store);
    throwIfFailed(second.summary);
    expect(second.items[0]?.resumedBytes).toBeGreaterThanOrEqual(10 * P);
    expect(read()).toBe(bytes.length - second.summary.resumedBytes);
    expect(second.summary.bytes).toBe(read());
    await expectComplete();
  });

  it("uses the journal where the target tells no checksums", async () => {
    const silent = target.with(
      override((inner) => ({
        async resumeMultipart(key, id, options) {
          const upload = await inner.resumeMultipart!(key, id, options);
          const listParts = upload.listParts.bind(upload);
          upload.listParts = async (more) =>
            (await listParts(more)).map(({ crc32c: _, ...part }) => part);
          return upload;
        },
      })),
    );
    await copy({}, failing(12, lost), silent);
    const [name] = await readdir(stateDir);
    // A crash in the middle of a line.
    await writeFile(join(stateDir, name!), '{"number":19,"si', { flag: "a" });
    const { store, read } = counting();
    throwIfFailed((await copy({}, store, silent)).summary);
    expect(read()).toBeLessThanOrEqual(bytes.length - 10 * P);
    await expectComplete();
  });

  it("begins anew if the source has changed, and gives up the old upload", async () => {
    await copy({}, failing(12, lost));
    await source.put("from", noise(bytes.length, 9));
    const { summary, warnings } = await copy();
    throwIfFailed(summary);
    expect(warnings.map(({ code }) => code)).toEqual(["source-changed"]);
    expect(summary.resumedBytes).toBe(0);
    expect(Buffer.from(await target.bytes("to")).equals(noise(bytes.length, 9))).toBe(true);
    expect(await pendingOf(target)).toEqual([]);
    expect(await readdir(stateDir)).toEqual([]);
  });

  it("gives up the old upload even if the new source is small", async () => {
    await copy({}, failing(12, lost));
    await source.put("from", "small");
    throwIfFailed((await copy()).summary);
    expect(await target.text("to")).toBe("small");
    expect(await pendingOf(target)).toEqual([]);
    expect(await readdir(stateDir)).toEqual([]);
  });

  it("begins anew if it is told to, or the target has forgotten the upload", async () => {
    await copy({}, failing(12, lost));
    const anew = await copy({ resume: false });
    throwIfFailed(anew.summary);
    expect(anew.summary.resumedBytes).toBe(0);
    await expectComplete();

    await copy({}, failing(12, lost));
    for await (const { key, id } of target.listMultiparts()) {
      await (await target.resumeMultipart(key, id)).abort();
    }
    const gone = await copy();
    throwIfFailed(gone.summary);
    expect(gone.warnings.map(({ code }) => code)).toEqual(["upload-gone"]);
    await expectComplete();
  });

  it.each(["", "not json\n", '{"version":1}\n', "[]\n", "null\n"])(
    "begins anew with a journal of %j",
    async (text) => {
      await copy({}, failing(12, lost));
      const [name] = await readdir(stateDir);
      await writeFile(join(stateDir, name!), text);
      throwIfFailed((await copy()).summary);
      expect(Buffer.from(await target.bytes("to")).equals(bytes)).toBe(true);
      expect(await readdir(stateDir)).toEqual([]);
    },
  );

  it("notices a part that was spoilt before it was resumed", async () => {
    await copy({}, failing(12, lost));
    const spoiling = target.with(
      override((inner) => ({
        async resumeMultipart(key, id, options) {
          const upload = await inner.resumeMultipart!(key, id, options);
          const [part] = await upload.listParts();
          await upload.putPart(part!.number, noise(P, 77));
          const listParts = upload.listParts.bind(upload);
          upload.listParts = async (more) =>
            (await listParts(more)).map((one) =>
              one.number === part!.number ? { ...one, crc32c: part!.crc32c } : one,
            );
          return upload;
        },
      })),
    );
    const { summary, warnings } = await copy({}, source, spoiling);
    throwIfFailed(summary);
    expect(warnings.map(({ code }) => code)).toEqual(["restarted"]);
    await expectComplete();
  });

  it("is cleaned up on abort, and kept if that is asked for", async () => {
    for (const keepPartial of [false, true]) {
      const controller = new AbortController();
      let reads = 0;
      const aborting = source.with(
        override((inner) => ({
          readInto(...args) {
            if (++reads === 12) controller.abort();
            return inner.readInto!(...args);
          },
        })),
      );
      const { thrown } = await copy({ signal: controller.signal, keepPartial }, aborting);
      expect(thrown).toMatchObject({ code: "aborted" });
      expect(await pendingOf(target)).toEqual(keepPartial ? ["to"] : []);
      expect(await readdir(stateDir)).toHaveLength(keepPartial ? 1 : 0);
    }
    const { summary } = await copy();
    expect(summary.resumedBytes).toBeGreaterThan(0);
    await expectComplete();
  });

  it("is not kept after an error that would come again", async () => {
    const fail = () => new LodeError({ code: "invalid-argument", message: "no" });
    await copy({}, failing(12, fail));
    expect(await pendingOf(target)).toEqual([]);
    expect(await readdir(stateDir)).toEqual([]);
    expect(await keysOf(target)).toEqual([]);
  });

  it("of another living process is left to it", async () => {
    await copy({}, failing(12, lost));
    const [name] = await readdir(stateDir);
    const path = join(stateDir, name!);
    const text = await readFile(path, "utf8");
    const theirs = text.replace(`"pid":${process.pid}`, `"pid":${process.ppid}`);
    expect(theirs).not.toBe(text);
    await writeFile(path, theirs);
    const { summary, warnings } = await copy();
    throwIfFailed(summary);
    expect(warnings.map(({ code }) => code)).toEqual(["in-use"]);
    expect(await readFile(path, "utf8")).toBe(theirs);
    expect(await pendingOf(target)).toEqual(["to"]);
  });

  it("keeps no journal of small objects", async () => {
    await source.put("from", "small");
    throwIfFailed((await copy()).summary);
    expect(await readdir(stateDir)).toEqual([]);
  });
});
