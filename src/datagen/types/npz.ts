import { LodeError } from "../../errors.js";
import { type NpzMemberLayout, npyHeader, npzChunks, npzSize } from "../../formats/index.js";
import { assemble } from "../assemble.js";
import type { Content } from "../content.js";
import {
  CLASSES,
  type LayoutOptions,
  type ObjectLayout,
  sizeOf,
  tooSmall,
} from "../object-layout.js";
import { elementBytes, elementSegment } from "./element-bytes.js";

/** The longest header that numpy reads. */
const MAX_HEADER_BYTES = 10_010;
const LABEL_BYTES = 8;
const LABELS_AT_ONCE = 64 * 1024;

/**
 * `data`, one array; with `samples` it is `x`, whose first axis counts them, and `y` has a class for each. The
 * header of the first array takes what the elements leave of `size`.
 */
export function npzLayout(options: LayoutOptions): ObjectLayout {
  const { dtype = "u1", samples } = options;
  const y: NpzMemberLayout[] =
    samples === undefined ? [] : [{ name: "y", dtype: "i8", shape: [samples] }];
  const x = firstArray(options, y);
  const members = [x, ...y];
  const bytes = elementBytes(dtype, x.shape);
  const from = npyHeader(x).length;
  return {
    length: npzSize(members),
    samples,
    stream: (content) =>
      npzChunks([
        { ...x, data: assemble([elementSegment(dtype, bytes)], content, bytes, from) },
        ...y.map((member) => ({
          ...member,
          data: labels(content, samples ?? 1, from, bytes / (samples ?? 1)),
        })),
      ]),
  };
}

function firstArray(options: LayoutOptions, others: readonly NpzMemberLayout[]): NpzMemberLayout {
  const { dtype = "u1", samples } = options;
  const name = samples === undefined ? "data" : "x";
  const of = (shape: readonly number[]): NpzMemberLayout => ({ name, dtype, shape });
  if (options.shape !== undefined) return of(leadBySamples(options.shape, samples));
  const size = sizeOf("NPZ", options);
  // With `samples`, elements of each; else elements.
  const shapeOf = (elements: number) => (samples === undefined ? [elements] : [samples, elements]);
  const totalOf = (elements: number) => npzSize([of(shapeOf(elements)), ...others]);
  const step = elementBytes(dtype, shapeOf(1));
  const least = totalOf(samples === undefined ? 0 : 1);
  if (size < least) throw tooSmall("NPZ", size, least, "its headers");
  let elements = Math.floor((size - totalOf(0)) / step);
  // Sizes from 4 GiB on take more room in the archive.
  while (totalOf(elements) > size) elements--;
  const array = of(shapeOf(elements));
  const paddedTo = npyHeader(array).length + size - totalOf(elements);
  if (paddedTo > MAX_HEADER_BYTES) {
    throw new LodeError({
      code: "invalid-argument",
      message: `an NPZ of ${samples} samples of ${dtype} cannot have ${size} bytes; the nearest are ${totalOf(elements)} and ${totalOf(elements + 1)}`,
    });
  }
  return { ...array, paddedTo, alignment: 1 };
}

/** The shape is of all of `x`. */
function leadBySamples(shape: readonly number[], samples: number | undefined): readonly number[] {
  if (samples === undefined || shape[0] === samples) return shape;
  throw new LodeError({
    code: "invalid-argument",
    message: `the first axis of shape (${shape.join(", ")}) counts the samples: it must be ${samples}`,
  });
}

/** The classes of rows that are `rowBytes` apart, as little-endian 64-bit numbers. */
async function* labels(
  content: Content,
  samples: number,
  from: number,
  rowBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const bytes = new Uint8Array(Math.min(samples, LABELS_AT_ONCE) * LABEL_BYTES);
  for (let row = 0; row < samples; row += LABELS_AT_ONCE) {
    const count = Math.min(samples - row, LABELS_AT_ONCE);
    for (let i = 0; i < count; i++) {
      bytes[i * LABEL_BYTES] = content.classAt(from + (row + i) * rowBytes, CLASSES);
    }
    yield bytes.subarray(0, count * LABEL_BYTES);
  }
}
