import type { NpyData } from "../npy/index.js";
import { dtypeOf, type Hdf5Data, numbersFrom, stringsFrom } from "./elements.js";
import type { Hdf5Module } from "./library.js";
import { withMemory } from "./read-block.js";

/** A single value, or an array's elements in C order; undefined for types that are not read. */
export type Hdf5AttributeValue = Hdf5Data | number | bigint | string | boolean | undefined;

/** More than any attribute should have. */
const MAX_BYTES = 16 * 1024 ** 2;

export function readAttribute(
  module: Hdf5Module,
  id: bigint,
  path: string,
  name: string,
): Hdf5AttributeValue {
  const metadata = module.get_attribute_metadata(id, path, name);
  const dtype = dtypeOf(metadata);
  const bytes = metadata.size * metadata.total_size;
  if (dtype === undefined || metadata.shape === null) return undefined;
  if (!(bytes <= MAX_BYTES)) throw new Error(`the attribute ${name} says to have ${bytes} bytes`);
  let data: Hdf5Data = [];
  withMemory(module, bytes, (at) => {
    if (module.get_attribute_data(id, path, name, BigInt(at)) < 0) {
      throw new Error(`the attribute ${name} cannot be read`);
    }
    try {
      const elements = module.HEAPU8.slice(at, at + bytes);
      data =
        dtype === "string"
          ? stringsFrom(metadata, elements, module)
          : numbersFrom(dtype, elements as Uint8Array<ArrayBuffer>);
    } finally {
      if (metadata.vlen) module.reclaim_vlen_memory(id, path, name, BigInt(at));
    }
  });
  if (metadata.shape.length > 0 || dtype === "c8" || dtype === "c16") return data;
  const [value] = data as NpyData | string[];
  return dtype === "b1" ? value === 1 : value;
}
