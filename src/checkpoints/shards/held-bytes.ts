import type { PooledBuffer } from "../../storage/index.js";

/** Bytes of a shard on their way, and what to do when they are no longer read. */
export interface HeldBytes {
  readonly bytes: Uint8Array;
  /** They have been stored. */
  release(): void;
  /** Storing them failed, and the failed call may still read them. */
  discard(): void;
}

/** Bytes of the caller, who keeps them as they are until the call ends. */
export function callersBytes(bytes: Uint8Array): HeldBytes {
  return { bytes, release() {}, discard() {} };
}

/** The first `length` bytes of a buffer on loan. */
export function pooledBytes(buffer: PooledBuffer, length: number): HeldBytes {
  return {
    bytes: buffer.bytes.subarray(0, length),
    release: () => buffer.release(),
    discard: () => buffer.discard(),
  };
}
