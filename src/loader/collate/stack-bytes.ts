import { type Field, unstackable } from "./field.js";
import type { RaggedBytes } from "./stacked.js";

const MOST_BYTES = 2 ** 32 - 1;

/** Byte strings one behind the other, each copied once. Throws `invalid-argument` beyond 4 GiB. */
export function stackBytes(field: Field): RaggedBytes {
  const values = field.values as readonly Uint8Array[];
  const offsets = new Uint32Array(values.length + 1);
  let bytes = 0;
  values.forEach((value, sample) => {
    if (!(value instanceof Uint8Array))
      throw unstackable(field, sample, "is no Uint8Array as others are");
    bytes += value.length;
    if (bytes > MOST_BYTES)
      throw unstackable(field, sample, "goes beyond 4 GiB; use smaller batches");
    offsets[sample + 1] = bytes;
  });
  const data = new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
  for (const [sample, value] of values.entries()) data.set(value, offsets[sample]!);
  return { data, offsets };
}
