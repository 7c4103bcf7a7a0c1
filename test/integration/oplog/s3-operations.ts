import { createReadStream } from "node:fs";
import { isLodeError } from "../../../src/errors.js";
import { type OpLogEntry, readOpLog } from "../../../src/oplog/index.js";
import { type ObjectStore, openStore } from "../../../src/storage/index.js";
import type { S3TestServer } from "../s3/s3-servers.js";

/** A bucket of a test server, opened as users do. */
export function openBucket(server: S3TestServer, bucket: string): Promise<ObjectStore> {
  const { accessKeyId, secretAccessKey, url } = server;
  return openStore(`s3://${bucket}`, {
    s3: { endpoint: url, credentials: { accessKeyId, secretAccessKey } },
    env: {},
  });
}

/** Keys with whatever a line-based format may stumble over. */
export const ODD_KEYS = [
  'odd/tab\there "quoted"',
  "odd/new\nline",
  " leading",
  "odd/ümläut 😀,#",
] as const;

/** Does something of every kind, some of it in vain. The bucket is empty afterwards. */
export async function doEverything(
  store: ObjectStore,
  more: readonly string[] = ODD_KEYS,
): Promise<void> {
  const body = new Uint8Array(100_000).fill(7);
  const keys = Array.from({ length: 60 }, (_, i) => `data/${i}`);
  keys.push(...more);
  await Promise.all(keys.map((key) => store.put(key, body)));
  for await (const _ of store.list({ prefix: "data/" }));
  await Promise.all(keys.map((key) => store.bytes(key)));
  await Promise.all(keys.map((key) => store.bytes(key, { range: { start: 1000, end: 3000 } })));
  await Promise.all(keys.map((key) => store.head(key)));
  const missing = await store.bytes('none "at all"').catch((error: unknown) => error);
  if (!isLodeError(missing, "not-found")) throw missing;
  const upload = await store.startMultipart("parts");
  const part = new Uint8Array(5 * 1024 * 1024);
  await Promise.all([1, 2, 3].map((number) => upload.putPart(number, part)));
  await upload.complete();
  await store.copy("parts", "copied");
  await store.bytes("copied");
  for await (const { error } of store.deleteMany([...keys, "parts", "copied"])) {
    if (error !== undefined) throw error;
  }
}

/** All rows of a log. */
export async function readLog(path: string): Promise<OpLogEntry[]> {
  const rows: OpLogEntry[] = [];
  for await (const batch of readOpLog(createReadStream(path))) rows.push(...batch);
  return rows;
}
