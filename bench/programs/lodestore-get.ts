import { openStore } from "../../dist/index.js";
import { sampleCheck } from "./sample-check.js";

// Reads one object into memory with lodestore: 8 ranges in flight, each into a buffer of its own that
// is used again. usage: lodestore-get.ts ENDPOINT KEY SIZE PART_BYTES ORIGINAL; prints the seconds.
const [endpoint, key = "", sizeText, partText, original = ""] = process.argv.slice(2);
const size = Number(sizeText);
const part = Number(partText);
const store = await openStore("s3://bench", {
  s3: {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "testtest" },
  },
});
const check = sampleCheck(original);
let next = 0;

async function work(): Promise<void> {
  const buffer = new Uint8Array(part);
  while (next < size) {
    const start = next;
    next += part;
    const end = Math.min(size, start + part);
    const { bytesRead } = await store.readInto(key, { start, end }, buffer);
    check(buffer.subarray(0, bytesRead), start, end);
  }
}

const begin = performance.now();
await Promise.all(Array.from({ length: 8 }, work));
console.log((performance.now() - begin) / 1000);
await store.close();
