import { readFileSync } from "node:fs";
import { type ObjectStore, openStore } from "../../../src/storage/index.js";

const FOLDER = new URL("../../golden/mltrack/", import.meta.url);

let made = 0;

export function goldenJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, FOLDER), "utf8"));
}

/** What mltrack wrote below `mltrack/` of a bucket, as a store in memory that holds it without the prefix. */
export async function goldenStore(
  name: "v1.json" | "v2.json",
  bucket = "ml-store",
): Promise<ObjectStore> {
  const { buckets } = goldenJson(name) as { buckets: Record<string, Record<string, string>> };
  const store = await freshStore();
  for (const [key, base64] of Object.entries(buckets[bucket] ?? {})) {
    await store.put(key.slice("mltrack/".length), Buffer.from(base64, "base64"));
  }
  return store;
}

export function freshStore(): Promise<ObjectStore> {
  return openStore(`mem://legacy-${process.pid}-${made++}`);
}

/** Every object of a store, to see that nothing changed. */
export async function snapshot(store: ObjectStore): Promise<Record<string, string>> {
  const objects: Record<string, string> = {};
  for await (const { key } of store.list()) {
    objects[key] = Buffer.from(await store.bytes(key)).toString("base64");
  }
  return objects;
}
