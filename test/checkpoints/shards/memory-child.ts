import { ShardReader, writeShard } from "../../../src/checkpoints/shards/index.js";
import { openStore } from "../../../src/storage/index.js";

export interface MemoryTask {
  readonly uri: string;
  /** Where the store's settings are looked up. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** A whole number of MiB, in bytes. */
  readonly size: number;
  readonly compressionLevel?: number | undefined;
}

export interface MemoryReport {
  readonly key: string;
  readonly storedBytes: number;
  /** Bytes read back whose numbering was right. */
  readonly rightBytes: number;
  readonly damages: number;
  /** Resident bytes before, and the most up to the end. */
  readonly rssBefore: number;
  readonly rssMost: number;
}

const MIB = 1 << 20;
const {
  uri,
  env = {},
  size,
  compressionLevel,
} = JSON.parse(process.argv[2] as string) as MemoryTask;

/** Every MiB begins with its number. */
async function* numbered(): AsyncGenerator<Uint8Array> {
  const chunk = Buffer.alloc(MIB);
  for (let i = 4; i < MIB; i++) chunk[i] = (i * 31) % 251;
  for (let number = 0; number < size / MIB; number++) {
    chunk.writeUInt32LE(number, 0);
    yield chunk;
  }
}

const store = await openStore(uri, { env, file: { sync: "none" } });
const rssBefore = process.memoryUsage.rss();
const target = { rank: 0, key: "shards/rank-0.bin" };
const meta = await writeShard(store, target, numbered(), { compressionLevel });
let position = 0;
let rightBytes = 0;
for await (const chunk of new ShardReader(store, meta).stream()) {
  for (let at = 0; at < chunk.length; at += MIB) {
    const number = Buffer.from(chunk.buffer, chunk.byteOffset + at).readUInt32LE(0);
    if (number === (position + at) / MIB) rightBytes += MIB;
  }
  position += chunk.length;
}
const damages = await new ShardReader(store, meta).verify();
const report: MemoryReport = {
  key: meta.key,
  storedBytes: meta.size,
  rightBytes,
  damages: damages.length,
  rssBefore,
  rssMost: process.resourceUsage().maxRSS * 1024,
};
process.stdout.write(JSON.stringify(report));
await store.close();
