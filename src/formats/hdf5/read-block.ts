import type { Metadata } from "h5wasm";
import type { Hdf5Module } from "./library.js";

/** Rows of a dataset along its first axis, without `to`. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** The library's memory never shrinks, so that elements pass through it in pieces of about this size. */
const BLOCK_BYTES = 16 * 1024 ** 2;
/** A row of chunks up to this size is read at once, since each piece of it would unpack all of it again. */
const CHUNK_ROW_BYTES = 256 * 1024 ** 2;
/** Texts of any length are read by fewer, since each may be long. */
const BLOCK_TEXTS = 4096;

/** Rows cut into what is read at once, at borders of chunks where the dataset has them. */
export function* rowBlocks(
  { shape, size, chunks, vlen }: Metadata,
  { from, to }: RowRange,
): Generator<RowRange, void, undefined> {
  const rowElements = (shape ?? []).slice(1).reduce((total, n) => total * n, 1);
  const elements = vlen ? BLOCK_TEXTS : BLOCK_BYTES / size;
  const rows = Math.max(1, Math.floor(elements / rowElements));
  const chunkRows = chunks?.[0] ?? 1;
  const whole = chunkRows * rowElements * size <= CHUNK_ROW_BYTES && !vlen;
  const step = Math.max(rows - (rows % chunkRows), whole ? chunkRows : rows);
  for (let at = from; at < to; ) {
    const end = Math.min(to, at - (whole ? at % chunkRows : 0) + step);
    yield { from: at, to: end };
    at = end;
  }
}

/** Gives the bytes of some rows to `use`, as a view of the library's memory that is freed after it. */
export function readBlock(
  module: Hdf5Module,
  id: bigint,
  name: string,
  metadata: Metadata,
  { from, to }: RowRange,
  use: (elements: Uint8Array) => void,
): void {
  const shape = metadata.shape ?? [];
  const counts = shape.length === 0 ? [] : [to - from, ...shape.slice(1)];
  const count = shape.length === 0 ? null : counts.map(BigInt);
  const offset = count?.map((_, axis) => (axis === 0 ? BigInt(from) : 0n)) ?? null;
  const strides = count?.map(() => 1n) ?? null;
  const bytes = counts.reduce((total, n) => total * n, metadata.size);
  withMemory(module, bytes, (at) => {
    // h5wasm's own classes do not look at the status, and give what was in the memory before.
    const status = module.get_dataset_data(id, name, count, offset, strides, BigInt(at));
    if (status < 0) throw new Error("its elements cannot be read");
    try {
      use(module.HEAPU8.subarray(at, at + bytes));
    } finally {
      if (metadata.vlen && count === null) module.reclaim_vlen_memory(id, name, "", BigInt(at));
      else if (metadata.vlen) {
        module.reclaim_vlen_memory_count(id, name, "", BigInt(at), count ?? []);
      }
    }
  });
}

/** Lends memory of the library to `use`. */
export function withMemory(module: Hdf5Module, bytes: number, use: (at: number) => void): void {
  const at = bytes < module.MAXIMUM_MEMORY ? module._malloc(bytes) : 0;
  if (at === 0) throw new Error(`${bytes} bytes are more than its library has memory for`);
  try {
    use(at);
  } finally {
    module._free(at);
  }
}
