import { openSync, readSync, statSync } from "node:fs";
import { CheckpointStore, type ShardTensors } from "../../dist/checkpoints/index.js";
import { beginSpan } from "./span.js";

// Saves or loads a checkpoint of float32 tensors with lodestore/checkpoints, CRC-32C and synced.
// usage: checkpoint.ts save|load|save-async-copy|save-async-transfer URI ORIGINAL TENSORS SHARDS
//
// The tensors are ORIGINAL's bytes, cut in TENSORS equal pieces, spread over SHARDS shards; what is loaded is verified by the
// library, and compared here. Prints what a span tells: of the save, of the load, or of the time that an asynchronous save
// holds its caller up. A small checkpoint goes first, so that what is loaded only once does not count.
const [verb, uri = "", original = "", tensorsText, shardsText] = process.argv.slice(2);
const tensorCount = Number(tensorsText);
const shardCount = Number(shardsText);
const COLUMNS = 1024;
const SMALL = 4 * COLUMNS;
const PIECE = 8 * 2 ** 20;

const file = openSync(original, "r");
const size = statSync(original).size / tensorCount;
if (size % SMALL !== 0) throw new Error("the pieces must be whole rows");

function readPiece(target: Uint8Array, position: number): Uint8Array {
  for (let offset = 0; offset < target.length; offset += PIECE) {
    const part = target.subarray(offset, offset + PIECE);
    if (readSync(file, part, 0, part.length, position + offset) !== part.length) {
      throw new Error(`${original} is shorter than it was`);
    }
  }
  return target;
}

/** Tensor i belongs to shard i mod SHARDS. */
function tensorShards(bytes: number): ShardTensors[] {
  const shards = Array.from({ length: shardCount }, () => new Map());
  for (let i = 0; i < tensorCount; i++) {
    const data = new Float32Array(bytes / 4);
    readPiece(new Uint8Array(data.buffer), i * bytes);
    shards[i % shardCount]?.set(`layer${i}.weight`, {
      data,
      shape: [data.length / COLUMNS, COLUMNS],
    });
  }
  return shards;
}

async function load(store: CheckpointStore) {
  const checkpoint = await store.loadLatest();
  if (checkpoint === undefined) throw new Error(`${store.uri} holds no checkpoint`);
  const ranks = Array.from({ length: shardCount }, (_, rank) => checkpoint.loadTensors(rank));
  return new Map((await Promise.all(ranks)).flatMap((tensors) => [...tensors]));
}

function compare(found: Awaited<ReturnType<typeof load>>, bytes: number): void {
  const expected = new Uint8Array(PIECE);
  for (let i = 0; i < tensorCount; i++) {
    const tensor = found.get(`layer${i}.weight`);
    if (tensor?.data.byteLength !== bytes) throw new Error(`tensor ${i} is of another size`);
    const { buffer, byteOffset } = tensor.data;
    for (let offset = 0; offset < bytes; offset += PIECE) {
      const part = Buffer.from(buffer, byteOffset + offset, Math.min(PIECE, bytes - offset));
      if (part.compare(readPiece(expected.subarray(0, part.length), i * bytes + offset)) !== 0) {
        throw new Error(`tensor ${i} is not what was saved`);
      }
    }
  }
}

const facts = { step: 1, framework: "torch" };
const small = await CheckpointStore.open(`${uri}-small`);
await small.save({ ...facts, shards: tensorShards(SMALL) });
if (verb === "load") compare(await load(small), SMALL);
await small.close();

const store = await CheckpointStore.open(uri);
if (verb === "load") {
  const end = beginSpan();
  const found = await load(store);
  end();
  compare(found, size);
} else if (verb === "save") {
  const shards = tensorShards(size);
  const end = beginSpan();
  await store.save({ ...facts, shards });
  end();
} else {
  const snapshot = verb === "save-async-copy" ? "copy" : "transfer";
  // The memory of a copy is kept for the next: the first one of a job is no measure.
  await store.saveAsync({ ...facts, shards: tensorShards(size), snapshot }).done;
  const shards = tensorShards(size);
  const end = beginSpan();
  const save = store.saveAsync({ ...facts, step: 2, shards, snapshot });
  await save.snapshotDone;
  end();
  await save.done;
}
await store.close();
