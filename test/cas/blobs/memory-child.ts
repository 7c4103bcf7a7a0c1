import { createHash } from "node:crypto";
import { BlobStore } from "../../../src/cas/index.js";
import { openStore } from "../../../src/storage/index.js";

export interface MemoryTask {
  readonly uri: string;
  /** A whole number of MiB, in bytes. */
  readonly size: number;
}

export interface MemoryReport {
  /** Of what was given. */
  readonly sha256: string;
  readonly id: string;
  readonly newBytes: number;
  /** Of what was read back. */
  readonly readSize: number;
  readonly readSha256: string;
  /** Resident bytes before, and the most up to the end of each. */
  readonly rssBefore: number;
  readonly rssWritten: number;
  readonly rssRead: number;
}

const MIB = 1 << 20;
const { uri, size } = JSON.parse(process.argv[2] as string) as MemoryTask;

const given = createHash("sha256");
const read = createHash("sha256");

/** No two chunks are alike, and none shrinks. */
async function* noise(): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(MIB);
  const words = new Uint32Array(piece.buffer, piece.byteOffset, MIB / 4);
  let word = 1;
  for (let left = size; left > 0; left -= MIB) {
    for (let i = 0; i < words.length; i++)
      words[i] = word = (Math.imul(word, 1664525) + 1013904223) >>> 0;
    given.update(piece);
    yield piece;
  }
}

function most(): number {
  return process.resourceUsage().maxRSS * 1024;
}

const store = await openStore(uri, { file: { sync: "none" } });
const blobs = BlobStore.open(store);
const rssBefore = process.memoryUsage.rss();
const session = await blobs.session();
const stored = await session.put(noise(), { name: "one", type: "bytes", format: "bin" });
await session.close();
const rssWritten = most();
let readSize = 0;
for await (const piece of blobs.stream(stored.id)) {
  read.update(piece);
  readSize += piece.length;
}
const report: MemoryReport = {
  sha256: given.digest("hex"),
  id: stored.id,
  newBytes: stored.newBytes,
  readSize,
  readSha256: read.digest("hex"),
  rssBefore,
  rssWritten,
  rssRead: most(),
};
process.stdout.write(JSON.stringify(report));
await store.close();
