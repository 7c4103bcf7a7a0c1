import type { LodeError } from "../../errors.js";
import { NPY_DTYPES, type NpyDtype } from "../../formats/index.js";
import { invalid } from "../invalid.js";
import type { TensorLike } from "./stacked.js";

/** The values of one field in all samples of a batch. */
export interface Field {
  /** Undefined if the samples are no records. */
  readonly name: string | undefined;
  readonly values: readonly unknown[];
}

const DTYPES: ReadonlyMap<string, NpyDtype> = new Map([
  ["Int8Array", "i1"],
  ["Uint8Array", "u1"],
  ["Uint8ClampedArray", "u1"],
  ["Int16Array", "i2"],
  ["Uint16Array", "u2"],
  ["Int32Array", "i4"],
  ["Uint32Array", "u4"],
  ["BigInt64Array", "i8"],
  ["BigUint64Array", "u8"],
  ["Float32Array", "f4"],
  ["Float64Array", "f8"],
]);

/** How values are joined. */
export type FieldKind = "scalar" | "array" | "other";

export function kindOf(value: unknown): FieldKind {
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") {
    return "scalar";
  }
  return tensorOf(value) === undefined ? "other" : "array";
}

/** Typed arrays have one axis. Undefined for what is no array of numbers. */
export function tensorOf(value: unknown): TensorLike | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (ArrayBuffer.isView(value)) {
    // A Buffer says to be a Uint8Array here.
    const dtype = DTYPES.get(
      (value as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? "",
    );
    if (dtype === undefined) return undefined;
    const data = value as TensorLike["data"];
    return { dtype, shape: [data.length], data };
  }
  const { dtype, shape, data } = value as Partial<TensorLike>;
  if (dtype === undefined || !Object.hasOwn(NPY_DTYPES, dtype)) return undefined;
  return Array.isArray(shape) && ArrayBuffer.isView(data) ? (value as TensorLike) : undefined;
}

/** The error for a field that cannot be stacked because of one of its samples. */
export function unstackable({ name }: Field, sample: number, why: string): LodeError {
  const which =
    name === undefined ? `sample ${sample}` : `field ${JSON.stringify(name)} of sample ${sample}`;
  return invalid(`the batch cannot be stacked: ${which} ${why}`);
}
