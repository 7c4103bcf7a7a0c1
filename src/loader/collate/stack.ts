import type { NpyDtype } from "../../formats/index.js";
import { invalid } from "../invalid.js";
import { type Field, kindOf, unstackable } from "./field.js";
import { stackArrays } from "./stack-arrays.js";
import { stackBytes } from "./stack-bytes.js";
import { stackScalars } from "./stack-scalars.js";
import type { Stacked } from "./stacked.js";

export interface StackOptions<D extends Partial<Record<string, NpyDtype>>> {
  /**
   * The dtype of fields. Numbers take any but `f2` and complex ones, if they have it exactly or it is a float; arrays
   * of real numbers take `f4` and `f8`.
   */
  readonly dtypes?: D | undefined;
  /** Fields of bytes that are ragged even if all are of one length; `true` for all fields. */
  readonly ragged?: readonly string[] | true | undefined;
}

/**
 * Joins samples into one array for each of their fields, with the number of samples as first axis:
 * - numbers as `f8`, bigints as `i8`, booleans as `b1`;
 * - typed arrays and `{ dtype, shape, data }`, as npy and HDF5 files give them, of equal shape and dtype as one
 *   contiguous array, each copied once; a typed array has one axis;
 * - `Uint8Array`s of different lengths as {@link RaggedBytes};
 * - all else, such as strings, as a list.
 * Samples that are no records are joined as one field is. Throws `invalid-argument` naming field and sample where
 * shapes, dtypes, kinds or fields differ.
 */
export function stack<S>(samples: readonly S[]): Stacked<S> {
  return stackWith<S>({})(samples);
}

/** {@link stack} with options, to be given to a loader. */
export function stackWith<
  S,
  const D extends Partial<Record<string, NpyDtype>> = Record<never, never>,
>(options: StackOptions<D>): (samples: readonly S[]) => Stacked<S, D> {
  return (samples) => stackSamples(samples, options) as Stacked<S, D>;
}

function stackSamples(
  samples: readonly unknown[],
  options: StackOptions<Partial<Record<string, NpyDtype>>>,
): unknown {
  if (samples.length === 0) throw invalid("a batch without samples cannot be stacked");
  const [first] = samples;
  if (!isRecord(first)) return stackField({ name: undefined, values: samples }, options);
  const names = Object.keys(first);
  for (const [at, sample] of samples.entries()) checkFields(names, sample, at);
  const records = samples as readonly Record<string, unknown>[];
  return Object.fromEntries(
    names.map((name) => {
      const values = records.map((record) => record[name]);
      return [name, stackField({ name, values }, options)];
    }),
  );
}

function stackField(
  field: Field,
  { dtypes, ragged }: StackOptions<Partial<Record<string, NpyDtype>>>,
): unknown {
  const { name, values } = field;
  const kind = kindOf(values[0]);
  values.forEach((value, sample) => {
    const other = kindOf(value);
    if (other !== kind)
      throw unstackable(field, sample, `is ${WORDS[other]}, that of sample 0 ${WORDS[kind]}`);
  });
  const dtype = name === undefined ? undefined : dtypes?.[name];
  if (kind === "other") return [...values];
  if (kind === "scalar") return stackScalars(field, dtype);
  const isRagged = ragged === true || (name !== undefined && ragged?.includes(name) === true);
  if (dtype === undefined && values[0] instanceof Uint8Array) {
    const { length } = values[0];
    if (
      isRagged ||
      values.some((value) => value instanceof Uint8Array && value.length !== length)
    ) {
      return stackBytes(field);
    }
  }
  return stackArrays(field, dtype);
}

const WORDS = {
  scalar: "a number",
  array: "an array of numbers",
  other: "something else",
} as const;

function checkFields(names: readonly string[], sample: unknown, at: number): void {
  if (!isRecord(sample))
    throw invalid(`the batch cannot be stacked: sample ${at} is no record of fields`);
  const missing = names.find((name) => !Object.hasOwn(sample, name));
  if (missing !== undefined) {
    throw invalid(
      `the batch cannot be stacked: sample ${at} has no field ${JSON.stringify(missing)}`,
    );
  }
  const extra = Object.keys(sample).find((name) => !names.includes(name));
  if (extra !== undefined) {
    throw invalid(
      `the batch cannot be stacked: sample ${at} has a field ${JSON.stringify(extra)}, sample 0 has not`,
    );
  }
}

/** A sample of fields, not a value that is stacked itself. */
function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !ArrayBuffer.isView(value) && kindOf(value) === "other";
}
