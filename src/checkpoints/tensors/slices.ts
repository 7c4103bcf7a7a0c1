import { LodeError } from "../../errors.js";
import { shapeText } from "../../formats/index.js";
import { fitsInto } from "./box.js";

/** Where a tensor lies in the global tensor that it is a part of. */
export interface TensorSlice {
  readonly globalShape: readonly number[];
  /** Its first index on every axis. */
  readonly offset: readonly number[];
}

/**
 * The key of `__metadata__` that tells of slices. Its text is JSON, an object of the names of tensors, each with
 * `{"global_shape": [...], "offset": [...]}`; tensors that it does not name are whole.
 */
export const SLICES_KEY = "lodestore.slices";

/** So that the bytes of any dtype are a safe integer. */
const MAX_ELEMENTS = 2 ** 49;

export function encodeSlices(slices: ReadonlyMap<string, TensorSlice>): string {
  const fields = [...slices].map(([name, { globalShape, offset }]) => [
    name,
    { global_shape: globalShape, offset },
  ]);
  return JSON.stringify(Object.fromEntries(fields));
}

/** Throws `corrupt-format` for text that tells no slices. */
export function parseSlices(text: string): Map<string, TensorSlice> {
  const slices = new Map<string, TensorSlice>();
  for (const [name, value] of Object.entries(parseObject(text))) {
    const { global_shape: globalShape, offset } = Object(value) as Record<string, unknown>;
    if (!isIndex(globalShape) || !isIndex(offset)) {
      throw corrupt(`${JSON.stringify(name)} has no global_shape and offset of whole numbers`);
    }
    slices.set(name, { globalShape, offset });
  }
  return slices;
}

/** What is wrong with a slice of that shape, if anything is. */
export function sliceFault(
  shape: readonly number[],
  { globalShape, offset }: TensorSlice,
): string | undefined {
  if (!isIndex(globalShape) || !isIndex(offset)) {
    return "globalShape and offset must be whole numbers from 0";
  }
  if (globalShape.reduce((product, n) => product * n, 1) > MAX_ELEMENTS) {
    return `the global shape ${shapeText(globalShape)} has more than 2^49 elements`;
  }
  if (fitsInto({ offset, shape }, globalShape)) return undefined;
  return `its shape ${shapeText(shape)} at offset ${shapeText(offset)} does not fit into the global shape ${shapeText(globalShape)}`;
}

function parseObject(text: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw corrupt("it is no JSON", error);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw corrupt("it is no JSON object");
}

function isIndex(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function corrupt(why: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `${SLICES_KEY} in the metadata of a shard of tensors is damaged: ${why}`,
    cause,
  });
}
