import { NPY_DTYPES, type NpyArray, type NpyData } from "../../../formats/index.js";

/** The array with its last axis fastest; in its own memory where it is so already. */
export function inCOrder(array: NpyArray): NpyArray {
  const { dtype, shape, data, fortranOrder } = array;
  const axes = shape.length;
  if (!fortranOrder || axes < 2 || data.length === 0) return { ...array, fortranOrder: false };
  // A complex number is two elements of the memory.
  const width = NPY_DTYPES[dtype].itemBytes / data.BYTES_PER_ELEMENT;
  const target = new (data.constructor as new (length: number) => NpyData)(data.length);
  const strides = new Array<number>(axes);
  let stride = width;
  for (const [axis, length] of shape.entries()) {
    strides[axis] = stride;
    stride *= length;
  }
  const place = new Array<number>(axes).fill(0);
  let from = 0;
  for (let to = 0; to < target.length; to += width) {
    for (let word = 0; word < width; word++) target[to + word] = data[from + word] as never;
    for (let axis = axes - 1; axis >= 0; axis--) {
      from += strides[axis] as number;
      if (++(place[axis] as number) < (shape[axis] as number)) break;
      place[axis] = 0;
      from -= (strides[axis] as number) * (shape[axis] as number);
    }
  }
  return { dtype, shape, fortranOrder: false, data: target } as NpyArray;
}
