import { createHash } from "node:crypto";
import { openStore } from "../../dist/index.js";
import { DataLoader, tarDataset } from "../../dist/loader/index.js";
import { beginSpan } from "./span.js";

// Reads samples of `.bin` and `.id` from tar shards with lodestore/loader, in order and in batches.
// usage: tar-stream.ts FOLDER SAMPLES BYTES [SHA256]; prints what a span tells, and throws unless it saw so many
// samples with so many bytes in `.bin`, and with SHA256 unless all that they hold has this hash.
const [folder = "", samples, bytes, sha256] = process.argv.slice(2);
const hash = sha256 === undefined ? undefined : createHash("sha256");
const store = await openStore(`file://${folder}`);
let count = 0;
let size = 0;

const end = beginSpan();
const dataset = await tarDataset(store, { prefix: "" });
const loader = new DataLoader(dataset, { batchSize: 32 });
for await (const { items } of loader) {
  for (const { key, fields } of items) {
    const bin = fields.get("bin");
    hash
      ?.update(key)
      .update(bin ?? "")
      .update(fields.get("id") ?? "");
    count++;
    size += bin?.length ?? 0;
  }
}
end();
if (count !== Number(samples) || size !== Number(bytes)) {
  throw new Error(`${count} samples of ${size} bytes instead of ${samples} of ${bytes}`);
}
const found = hash?.digest("hex");
if (found !== sha256) throw new Error(`the samples are others: ${found}`);
await loader.close();
await store.close();
