import { statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { fileOf, RunStore, Tree, treeOf } from "../../dist/runs/index.js";
import { beginSpan } from "./span.js";

// Stores a file or folder with lodestore/runs, or writes what was stored last.
// usage: run-data.ts put URI SOURCE auto|none [STAT-CACHE]
//        run-data.ts get URI TARGET
//
// `put` prints what a span tells, from opening the store to closing it. Something small goes first, so that what is
// loaded only once does not count.
const NAME = "data";
const SMALL = 2 * 2 ** 20;
const [verb, uri = "", path = "", compression, cache] = process.argv.slice(2);

if (verb === "put") {
  const warmUp = await RunStore.open("mem://warm-up");
  await warmUp.storeData(new Uint8Array(SMALL), NAME);
  await warmUp.close();

  const data = statSync(path).isDirectory() ? treeOf(path, { cache }) : fileOf(path);
  const end = beginSpan();
  const runs = await RunStore.open(uri, { compression: compression === "none" ? "none" : "auto" });
  await runs.storeData(data, NAME);
  await runs.close();
  end();
} else {
  const runs = await RunStore.open(uri);
  const reference = (await runs.listData(NAME)).at(-1);
  if (reference === undefined) throw new Error(`${uri} holds nothing`);
  if (reference.type === "tree") {
    const tree = await runs.load(reference);
    if (!(tree instanceof Tree)) throw new Error(`${reference.hash} is no tree`);
    await tree.restore(path);
  } else {
    await writeFile(path, runs.stream(reference));
  }
  await runs.close();
}
