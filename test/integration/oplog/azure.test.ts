import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { OpLog } from "../../../src/oplog/index.js";
import { openStore } from "../../../src/storage/index.js";
import { AZURITE } from "../azure/azurite.js";
import { doEverything, readLog } from "./s3-operations.js";

describe.skipIf(AZURITE === undefined)("the operation log on Azurite", () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodestore-oplog-"));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("has a row for each call, with the service's URL and no key", async () => {
    const container = `lode-oplog-${randomBytes(6).toString("hex")}`;
    const env = { AZURE_STORAGE_CONNECTION_STRING: AZURITE };
    const store = await openStore(`az://devstoreaccount1/${container}`, { env });
    await store.createContainer();
    const path = join(folder, "log.tsv.zst");
    const log = await OpLog.start(path, { lossless: true });
    await doEverything(store, []);
    await log.close();
    await store.deleteContainer();
    await store.close();
    const rows = await readLog(path);
    const counts: Record<string, number> = {};
    for (const { op } of rows) counts[op] = (counts[op] ?? 0) + 1;
    expect(counts).toMatchObject({ PUT: 60, LIST: 1, GET: 122, STAT: 60, PUTPART: 3, COPY: 1 });
    const endpoint = /BlobEndpoint=([^;]+)/.exec(AZURITE ?? "")?.[1];
    expect(new Set(rows.map((row) => row.endpoint))).toEqual(new Set([endpoint]));
    expect(new Set(rows.map((row) => row.store))).toEqual(
      new Set([`az://devstoreaccount1/${container}`]),
    );
    for (const { op, firstByteNs, error } of rows) {
      if (op === "GET") expect(firstByteNs === undefined).toBe(error !== "");
    }
    const key = /AccountKey=([^;]+)/.exec(AZURITE ?? "")?.[1] ?? "";
    expect(JSON.stringify(rows)).not.toContain(key);
  });
});
