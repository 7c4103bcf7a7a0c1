import { LodeError } from "../../errors.js";
import {
  asTensor,
  safetensorsPieces,
  type TensorData,
  type TensorDtype,
  type TensorInput,
} from "../../formats/index.js";
import { encodeSlices, SLICES_KEY, sliceFault, type TensorSlice } from "./slices.js";

/**
 * A tensor of a shard: a typed array, one with its shape and dtype, or one that is a part of a global
 * tensor, with `globalShape` and `offset`.
 */
export type ShardTensor =
  | TensorInput
  | (Partial<TensorSlice> & {
      readonly data: TensorData;
      readonly shape?: readonly number[] | undefined;
      readonly dtype?: TensorDtype | undefined;
    });

/** The tensors of a rank by name, such as a model's weights and an optimizer's state. */
export type ShardTensors = ReadonlyMap<string, ShardTensor> | Readonly<Record<string, ShardTensor>>;

/**
 * The bytes of a shard that holds tensors: a safetensors file, as pieces that lie in the tensors' own
 * memory. Parts of global tensors are told under `lodestore.slices` of its metadata. Throws `invalid-argument`
 * for a tensor that does not fit its dtype, its shape or its global shape.
 */
export function tensorPieces(
  tensors: ShardTensors,
  metadata: ReadonlyMap<string, string> | Readonly<Record<string, string>> = {},
): Uint8Array[] {
  const entries = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
  const slices = new Map<string, TensorSlice>();
  for (const [name, tensor] of entries as [string, ShardTensor][]) {
    const slice = sliceOf(name, tensor);
    if (slice !== undefined) slices.set(name, slice);
  }
  const texts = new Map(metadata instanceof Map ? metadata : Object.entries(metadata));
  if (texts.has(SLICES_KEY)) {
    throw new LodeError({
      code: "invalid-argument",
      message: `the metadata of a shard of tensors cannot have the key ${SLICES_KEY}, which tells of slices; use another one`,
    });
  }
  if (slices.size > 0) texts.set(SLICES_KEY, encodeSlices(slices));
  return safetensorsPieces(new Map(entries), texts);
}

function sliceOf(name: string, tensor: ShardTensor): TensorSlice | undefined {
  if (ArrayBuffer.isView(tensor) || !("globalShape" in tensor || "offset" in tensor))
    return undefined;
  const { globalShape, offset } = tensor;
  if (globalShape === undefined && offset === undefined) return undefined;
  const fault =
    globalShape === undefined || offset === undefined
      ? "a part of a global tensor needs both globalShape and offset"
      : sliceFault(asTensor(name, tensor).shape, { globalShape, offset });
  if (fault === undefined) return { globalShape: globalShape!, offset: offset! };
  throw new LodeError({
    code: "invalid-argument",
    message: `tensor ${JSON.stringify(name)} cannot be written: ${fault}`,
  });
}
