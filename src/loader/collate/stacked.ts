import type { NpyArray, NpyDtype } from "../../formats/index.js";

/** Byte strings of different lengths: those of sample `i` are `data.subarray(offsets[i], offsets[i + 1])`. */
export interface RaggedBytes {
  readonly data: Uint8Array;
  /** One more than there are samples; the first is 0. */
  readonly offsets: Uint32Array;
}

/** An array of numbers as formats give it, such as an NpyArray; without `fortranOrder` it is in C order. */
export interface TensorLike {
  readonly dtype: NpyDtype;
  readonly shape: readonly number[];
  readonly fortranOrder?: boolean | undefined;
  readonly data: NpyArray["data"];
}

type ArrayOf<D extends NpyDtype> = Extract<NpyArray, { readonly dtype: D }>;

/** What becomes of a field; `shape` begins with the number of samples. */
export type StackedField<V> = V extends boolean
  ? ArrayOf<"b1">
  : V extends number
    ? ArrayOf<"f8">
    : V extends bigint
      ? ArrayOf<"i8">
      : V extends TensorLike
        ? ArrayOf<V["dtype"]>
        : V extends Uint8Array
          ? ArrayOf<"u1"> | RaggedBytes
          : V extends NpyArray["data"] | Uint8ClampedArray
            ? ArrayOf<DtypeOf<V>>
            : V[];

type DtypeOf<V> = V extends Int8Array
  ? "i1"
  : V extends Int16Array
    ? "i2"
    : V extends Uint16Array
      ? "u2"
      : V extends Int32Array
        ? "i4"
        : V extends Uint32Array
          ? "u4"
          : V extends BigInt64Array
            ? "i8"
            : V extends BigUint64Array
              ? "u8"
              : V extends Float32Array
                ? "f4"
                : V extends Float64Array
                  ? "f8"
                  : "u1";

/** Samples that are not records of fields: they are stacked as one field is. */
type Bare = number | bigint | boolean | string | ArrayBufferView | TensorLike | readonly unknown[];

/** What becomes of samples `S` when fields are given as the dtypes `D`. */
export type Stacked<
  S,
  D extends Partial<Record<string, NpyDtype>> = Record<never, never>,
> = S extends Bare
  ? StackedField<S>
  : {
      readonly [K in keyof S]: K extends keyof D
        ? D[K] extends NpyDtype
          ? ArrayOf<D[K]>
          : StackedField<S[K]>
        : StackedField<S[K]>;
    };
