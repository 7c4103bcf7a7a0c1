import type { NpyArray, NpyDtype } from "../../formats/index.js";
import { allocateArray } from "./allocate.js";
import { type Field, unstackable } from "./field.js";

type Scalar = number | bigint | boolean;

const TYPES: Readonly<Record<string, NpyDtype>> = { number: "f8", bigint: "i8", boolean: "b1" };

/** Numbers as an array with one axis. Throws `invalid-argument` for a number that the dtype does not have. */
export function stackScalars(field: Field, asked: NpyDtype | undefined): NpyArray {
  const values = field.values as readonly Scalar[];
  const dtype = asked ?? TYPES[typeof values[0]]!;
  if (dtype === "f2" || dtype === "c8" || dtype === "c16") {
    throw unstackable(field, 0, `is a number, which is not made a ${dtype}`);
  }
  const array = allocateArray(dtype, [values.length]);
  const { data } = array;
  values.forEach((value, sample) => {
    if (typeof value !== typeof values[0]) {
      throw unstackable(
        field,
        sample,
        `is a ${typeof value}, that of sample 0 a ${typeof values[0]}`,
      );
    }
    if (!put(data, sample, value)) {
      throw unstackable(field, sample, `is ${value}, which no ${dtype} is`);
    }
  });
  return array;
}

/** False if the element is not the value; floats may be rounded. */
function put(data: NpyArray["data"], at: number, value: Scalar): boolean {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    if (typeof value === "number" && !Number.isSafeInteger(value)) return false;
    const integer = BigInt(value);
    data[at] = integer;
    return data[at] === integer;
  }
  const number = Number(value);
  data[at] = number;
  if (data instanceof Float32Array || data instanceof Float64Array) return true;
  return data[at] === number;
}
