import { openSync, readSync } from "node:fs";
import { basename, dirname } from "node:path";
import { openStore } from "../../dist/index.js";

// Writes a file's bytes through direct://, read in pieces of 8 MiB as dd does.
// usage: direct-put.ts SOURCE TARGET
const [source = "", target = ""] = process.argv.slice(2);
const store = await openStore(`direct://${dirname(target)}`);
const file = openSync(source, "r");
const writer = store.writable(basename(target), { partSize: 8 * 2 ** 20 });
const piece = Buffer.alloc(8 * 2 ** 20);
for (;;) {
  const length = readSync(file, piece, 0, piece.length, null);
  if (length === 0) break;
  await writer.write(piece.subarray(0, length));
}
await writer.close();
await store.close();
