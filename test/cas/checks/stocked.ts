import {
  type BlobId,
  BlobStore,
  type Finding,
  type StoredBlob,
  type VerifyOptions,
} from "../../../src/cas/index.js";
import type { ObjectStore } from "../../../src/storage/index.js";
import { randomBytes, textBytes } from "../blobs/places.js";

const KIB = 1024;
export const OPTIONS = { chunkAbove: 16 * KIB };
export const DIGEST = `bytes-v1:${"ab".repeat(32)}`;

/** A store with a blob of each kind, all kept by refs of `run`. */
export interface Stocked {
  readonly store: ObjectStore;
  /** Chunks that lie in one pack, some compressed; it has a digest. */
  readonly chunked: StoredBlob;
  /** Half of its chunks are those of `chunked`, the others lie in a second pack. */
  readonly shared: StoredBlob;
  readonly whole: StoredBlob;
  readonly empty: StoredBlob;
  /** Links to `whole` and `chunked`. */
  readonly tree: StoredBlob;
  readonly bytes: ReadonlyMap<BlobId, Uint8Array>;
}

export async function stock(store: ObjectStore): Promise<Stocked> {
  const blobs = BlobStore.open(store, OPTIONS);
  const bytes = new Map<BlobId, Uint8Array>();
  const put = async (
    source: Uint8Array,
    more: { digest?: string; links?: BlobId[] } = {},
  ): Promise<StoredBlob> => {
    await using session = await blobs.session();
    const stored = await session.put(source, {
      name: "one",
      type: "bytes",
      format: "bin",
      ...more,
    });
    await session.addRef({ blob: stored.id, kind: "runs", owner: "run" });
    await session.confirm();
    bytes.set(stored.id, source);
    return stored;
  };
  const first = Buffer.concat([randomBytes(100 * KIB, 1), textBytes(200 * KIB, 2)]);
  const chunked = await put(first, { digest: DIGEST });
  const shared = await put(Buffer.concat([first, randomBytes(200 * KIB, 3)]));
  const whole = await put(randomBytes(2000, 4));
  const empty = await put(new Uint8Array(0));
  const tree = await put(textBytes(500, 5), { links: [whole.id, chunked.id] });
  return { store, chunked, shared, whole, empty, tree, bytes };
}

export async function findings(store: ObjectStore, options: VerifyOptions): Promise<Finding[]> {
  const found: Finding[] = [];
  for await (const finding of BlobStore.open(store).verify(options)) found.push(finding);
  return found;
}

/** The key of the pack that holds the chunks of `chunked`, or those that only `shared` has. */
export async function packOf(blob: "chunked" | "shared", { store, chunked, shared }: Stocked) {
  const packs = async ({ key }: StoredBlob): Promise<string[]> =>
    ((await store.json(key)) as { packs: string[] }).packs;
  const own = await packs(chunked);
  const pack = (await packs(blob === "chunked" ? chunked : shared)).find(
    (one) => blob === "chunked" || !own.includes(one),
  )!;
  return { pack, key: `packs/${pack.slice(0, 2)}/${pack}` };
}

export async function flip(store: ObjectStore, key: string, position: number): Promise<void> {
  const bytes = (await store.bytes(key)).slice();
  bytes[position]! ^= 1 << (position % 8);
  await store.put(key, bytes);
}
