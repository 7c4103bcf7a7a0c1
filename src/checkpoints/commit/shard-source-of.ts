import type { ShardSource } from "../shards/index.js";
import { type ShardTensors, tensorPieces } from "../tensors/index.js";
import type { ShardInput } from "./save-options.js";

/** The bytes of what the caller gives. Throws `invalid-argument` for tensors that cannot be. */
export function shardSource(input: ShardInput): ShardSource {
  if (input instanceof Uint8Array) return input;
  if (ArrayBuffer.isView(input)) {
    return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  }
  const isBytes = Array.isArray(input) || Symbol.asyncIterator in input;
  return isBytes ? (input as ShardSource) : tensorPieces(input as ShardTensors);
}
