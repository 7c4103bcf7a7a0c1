import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isLodeError } from "../../../src/errors.js";
import {
  finalizeOpLog,
  initOpLog,
  OpLog,
  type OpLogEntry,
  readOpLog,
} from "../../../src/oplog/index.js";
import { openStore } from "../../../src/storage/index.js";

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodestore-oplog-"));
  path = join(folder, "log.tsv.zst");
});

afterEach(async () => {
  await finalizeOpLog();
  await rm(folder, { recursive: true, force: true });
});

async function read(file = path): Promise<OpLogEntry[]> {
  const rows: OpLogEntry[] = [];
  for await (const batch of readOpLog(createReadStream(file))) rows.push(...batch);
  return rows;
}

const told = ({ op, file, bytes, objects, offset, error }: OpLogEntry) =>
  [op, file, bytes, objects, offset, error.split(":")[0]] as const;

describe("initOpLog and finalizeOpLog", () => {
  it("log each request of each store, also of those opened before", async () => {
    const memory = await openStore(`mem://oplog-${process.pid}-a/sub`);
    await initOpLog(path);
    const files = await openStore(`file://${folder}/files`);
    await memory.put("a", "12345");
    await files.put("b", "123");
    await memory.text("a");
    await memory.readInto("a", { start: 1, end: 3 }, new Uint8Array(2));
    await memory.bytes("a", { range: { start: 2 } });
    await memory.bytes("a", { range: { suffix: 1 } });
    await memory.head("a");
    await memory.head("none").catch((error: unknown) => isLodeError(error, "not-found"));
    await memory.copy("a", "c");
    for await (const _ of memory.list()) break;
    const upload = await memory.startMultipart("m");
    await upload.putPart(1, Buffer.from("123"));
    await upload.complete();
    for await (const _ of memory.deleteMany(["a", "c", "m"]));
    await memory.get("a").catch((error: unknown) => isLodeError(error, "not-found"));
    const stats = await finalizeOpLog();
    const rows = await read();
    expect(rows.map(told)).toEqual([
      ["PUT", "sub/a", 5, 1, undefined, ""],
      ["PUT", "b", 3, 1, undefined, ""],
      ["GET", "sub/a", 5, 1, undefined, ""],
      ["GET", "sub/a", 2, 1, 1, ""],
      ["GET", "sub/a", 3, 1, 2, ""],
      ["GET", "sub/a", 1, 1, 4, ""],
      ["STAT", "sub/a", 0, 1, undefined, ""],
      ["STAT", "sub/none", 0, 0, undefined, "not-found"],
      ["COPY", "sub/c", 0, 1, undefined, ""],
      ["LIST", "sub/", 0, 2, undefined, ""],
      ["MULTIPART_START", "sub/m", 0, 1, undefined, ""],
      ["PUTPART", "sub/m", 3, 1, undefined, ""],
      ["MULTIPART_COMPLETE", "sub/m", 0, 1, undefined, ""],
      ["DELETE", "sub/a", 0, 3, undefined, ""],
      ["GET", "sub/a", 0, 0, undefined, "not-found"],
    ]);
    expect(stats?.rows).toBe(rows.length);
    const stores = new Set(rows.map(({ store, endpoint }) => `${store} ${endpoint}`));
    const mem = `mem://oplog-${process.pid}-a`;
    expect([...stores].sort()).toEqual([
      `file://${folder}/files file://${folder}/files`,
      `${mem} ${mem}`,
    ]);
    expect(rows[8]!.source).toBe("sub/a");
    for (const { op, firstByteNs, durationNs, error } of rows) {
      const hasFirst = (op === "GET" || op === "LIST") && error === "";
      expect([op, firstByteNs !== undefined]).toEqual([op, hasFirst]);
      if (firstByteNs !== undefined) expect(firstByteNs).toBeLessThanOrEqual(durationNs);
    }
  });

  it("log nothing before and after, can be ended twice and begun again", async () => {
    const store = await openStore(`mem://oplog-${process.pid}-b`);
    await store.put("before", "1");
    await initOpLog(path);
    await store.put("in", "1");
    expect((await finalizeOpLog())?.rows).toBe(1);
    expect(await finalizeOpLog()).toBeUndefined();
    await store.put("between", "1");
    const second = join(folder, "second.tsv.zst");
    await initOpLog(second);
    await store.put("again", "1");
    await finalizeOpLog();
    expect((await read()).map(({ file }) => file)).toEqual(["in"]);
    expect((await read(second)).map(({ file }) => file)).toEqual(["again"]);
  });

  it("refuse a second log beside the first, and go on after one that failed to begin", async () => {
    await expect(initOpLog(join(folder, "no", "x"))).rejects.toMatchObject({
      code: "invalid-config",
    });
    await initOpLog(path);
    await expect(initOpLog(join(folder, "y"))).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("take who and when from options and environment", async () => {
    const store = await openStore(`mem://oplog-${process.pid}-c`);
    await initOpLog(path, { env: { RANK: "3" }, clockOffsetNs: 3_600_000_000_000 });
    const before = Date.now() / 1000;
    await store.put("a", "1");
    await finalizeOpLog();
    const [row] = await read();
    expect(row!.clientId).toBe(`${hostname()}-r3`);
    expect(row!.startSeconds).toBeGreaterThanOrEqual(Math.floor(before) - 3600);
    expect(row!.startSeconds).toBeLessThan(before - 3590);
    const named = await OpLog.start(join(folder, "named"), { clientId: "me", columns: 15 });
    await store.get("a").then(({ body }) => body[Symbol.asyncIterator]().return?.());
    await named.close();
    expect((await read(join(folder, "named")))[0]).toMatchObject({ clientId: "me", bytes: 0 });
  });

  it("honour s3dlio's settings, and ours before them", async () => {
    const bad = { S3DLIO_OPLOG_LEVEL: "fast" };
    await expect(initOpLog(path, { env: bad })).rejects.toMatchObject({
      code: "invalid-config",
      message: expect.stringContaining("S3DLIO_OPLOG_LEVEL"),
    });
    const store = await openStore(`mem://oplog-${process.pid}-d`);
    const env = {
      S3DLIO_OPLOG_LOSSLESS: "true",
      LODE_OPLOG_LOSSLESS: "no",
      S3DLIO_OPLOG_BUF: "1",
      LODE_OPLOG_WBUFCAP: "1024",
    };
    await initOpLog(path, { env });
    await Promise.all(Array.from({ length: 300 }, (_, i) => store.put(`k${i}`, "1")));
    const stats = await finalizeOpLog();
    expect(stats!.dropped).toBeGreaterThan(0);
    await initOpLog(path, { env: { ...env, LODE_OPLOG_LOSSLESS: "1" } });
    await Promise.all(Array.from({ length: 300 }, (_, i) => store.put(`k${i}`, "1")));
    expect(await finalizeOpLog()).toMatchObject({ rows: 300, dropped: 0 });
  });

  it("give requests that overlap different threads, the smallest that are free", async () => {
    const store = await openStore(`mem://oplog-${process.pid}-e`);
    await store.put("a", new Uint8Array(1000));
    await initOpLog(path);
    const open = await Promise.all([store.get("a"), store.get("a"), store.get("a")]);
    await open[1]!.body[Symbol.asyncIterator]().return?.();
    await store.head("a");
    for (const one of [open[0]!, open[2]!]) await one.body[Symbol.asyncIterator]().return?.();
    await finalizeOpLog();
    expect((await read()).map(({ op, thread }) => [op, thread])).toEqual([
      ["GET", 1],
      ["STAT", 1],
      ["GET", 0],
      ["GET", 2],
    ]);
  });
});
