import { BlobStore } from "../../../src/cas/index.js";
import { seededRandom } from "../../../src/core/index.js";
import { openStore } from "../../../src/storage/index.js";
import { randomBytes, same } from "../blobs/places.js";

export interface ReadingTask {
  readonly uri: string;
  readonly cache: { readonly folder: string; readonly maxBytes: number };
  /** Blobs of random bytes. */
  readonly blobs: readonly { readonly id: string; readonly size: number; readonly seed: number }[];
  readonly seed: number;
  readonly reads: number;
  /** Ends with -9 at so many milliseconds from the first read. */
  readonly killAfter?: number;
}

export interface ReadingReport {
  readonly wrong: number;
  readonly warnings: readonly string[];
}

const { uri, cache, blobs, seed, reads, killAfter } = JSON.parse(process.argv[2]!) as ReadingTask;
const random = seededRandom(seed);
const warnings: string[] = [];
const onWarning = ({ message }: { message: string }) => warnings.push(message);
const store = BlobStore.open(await openStore(uri), { cache, onWarning });
const right = blobs.map(({ size, seed }) => randomBytes(size, seed));
let wrong = 0;

async function readOne(): Promise<void> {
  const which = Math.floor(random() * blobs.length);
  const { id, size } = blobs[which]!;
  const start = random() < 0.5 ? 0 : Math.floor(random() * size);
  const end = random() < 0.5 ? size : start + 1 + Math.floor(random() * (size - start));
  const bytes = await store.bytes(id, { range: { start, end } });
  if (!same(bytes, right[which]!.subarray(start, end))) wrong++;
}

if (killAfter !== undefined) setTimeout(() => process.kill(process.pid, "SIGKILL"), killAfter);
for (let i = 0; i < reads; i += 4) await Promise.all([0, 1, 2, 3].map(readOne));
process.stdout.write(JSON.stringify({ wrong, warnings } satisfies ReadingReport));
