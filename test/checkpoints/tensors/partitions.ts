import fc from "fast-check";
import {
  type ShardTensors,
  type TensorBox,
  tensorPieces,
} from "../../../src/checkpoints/tensors/index.js";
import type { RangeReader, Tensor } from "../../../src/formats/index.js";
import { TENSOR_DTYPES, tensorBytes, tensorFromBytes } from "../../../src/formats/index.js";
import { DTYPES } from "../../formats/safetensors/tensors.js";

/** A source of choices, so that one arbitrary drives any number of them. */
export type Choose = (below: number) => number;

export function choices(): fc.Arbitrary<Choose> {
  return fc.infiniteStream(fc.nat()).map((stream) => (below) => stream.next().value % below);
}

/** A tensor of up to three axes whose bytes count on, so that no two neighbours are the same. */
export function countingTensor(choose: Choose): Tensor {
  const dtype = DTYPES[choose(DTYPES.length)]!;
  const shape = Array.from({ length: choose(4) }, () => choose(8));
  const bytes = new Uint8Array(tensorBytes(dtype, shape)).map((_, i) => i % 251);
  return tensorFromBytes(dtype, shape, bytes);
}

/** Boxes that do not overlap and together are the whole, cut again and again in two; some may be empty. */
export function partition(shape: readonly number[], count: number, choose: Choose): TensorBox[] {
  const boxes: TensorBox[] = [{ offset: shape.map(() => 0), shape }];
  if (shape.length === 0) return boxes;
  while (boxes.length < count) {
    const [box] = boxes.splice(choose(boxes.length), 1);
    const axis = choose(shape.length);
    const length = box!.shape[axis]!;
    const cut = choose(length + 1);
    boxes.push(
      { offset: box!.offset, shape: box!.shape.with(axis, cut) },
      {
        offset: box!.offset.with(axis, box!.offset[axis]! + cut),
        shape: box!.shape.with(axis, length - cut),
      },
    );
  }
  return boxes;
}

/** The indices of a box, each as its place in the whole tensor in C order. */
export function* indicesOf(box: TensorBox, whole: readonly number[]): Generator<number> {
  const count = box.shape.reduce((product, n) => product * n, 1);
  for (let i = 0; i < count; i++) {
    let rest = i;
    let index = 0;
    let stride = 1;
    for (let axis = whole.length - 1; axis >= 0; axis--) {
      index += (box.offset[axis]! + (rest % box.shape[axis]!)) * stride;
      rest = Math.floor(rest / box.shape[axis]!);
      stride *= whole[axis]!;
    }
    yield index;
  }
}

function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The part of a tensor that a box tells, taken element by element. */
export function cutOut(whole: Tensor, box: TensorBox): Tensor {
  const { itemBytes } = TENSOR_DTYPES[whole.dtype];
  const from = bytesOf(whole);
  const bytes = new Uint8Array(tensorBytes(whole.dtype, box.shape));
  let at = 0;
  for (const index of indicesOf(box, whole.shape)) {
    bytes.set(from.subarray(index * itemBytes, (index + 1) * itemBytes), at);
    at += itemBytes;
  }
  return tensorFromBytes(whole.dtype, box.shape, bytes);
}

export interface RecordedReader extends RangeReader {
  readonly reads: { readonly start: number; readonly end: number }[];
}

/** A reader that keeps what was asked of it, and whose memory does not last. */
export function recordedReader(pieces: readonly Uint8Array[]): RecordedReader {
  const bytes = Buffer.concat(pieces);
  const reads: RecordedReader["reads"] = [];
  return {
    reads,
    size: bytes.length,
    read: async (start, end) => {
      reads.push({ start, end });
      return Uint8Array.from(bytes.subarray(start, end));
    },
  };
}

export function shardsOf(...shards: ShardTensors[]): RecordedReader[] {
  return shards.map((shard) => recordedReader(tensorPieces(shard)));
}
