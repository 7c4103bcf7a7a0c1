import { openStore } from "../../dist/index.js";

// Reads one object into memory with lodestore: 8 ranges of 8 MiB in flight.
// usage: lodestore-get.ts ENDPOINT KEY SIZE PART_BYTES; prints the seconds that the read took.
const [endpoint, key = "", sizeText, partText] = process.argv.slice(2);
const size = Number(sizeText);
const part = Number(partText);
const store = await openStore("s3://bench", {
  s3: {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "testtest" },
  },
});
const target = new Uint8Array(size);
let next = 0;

async function work(): Promise<void> {
  while (next < size) {
    const start = next;
    next += part;
    const end = Math.min(size, start + part);
    await store.readInto(key, { start, end }, target.subarray(start, end));
  }
}

const begin = performance.now();
await Promise.all(Array.from({ length: 8 }, work));
console.log((performance.now() - begin) / 1000);
await store.close();
