import { LodeError } from "../../errors.js";
import { shapeText, type TensorDtype } from "../../formats/index.js";
import { type TensorBox, wholeBox } from "./box.js";
import type { TensorShard } from "./open-tensors.js";

/** A tensor as all shards together have it. */
export interface GlobalTensor {
  readonly name: string;
  readonly dtype: TensorDtype;
  /** Of the whole tensor. */
  readonly shape: readonly number[];
  /** Whether it was saved as parts; else every shard that has it has all of it. */
  readonly sliced: boolean;
}

/** Where a part of a global tensor is saved. */
export interface TensorPart {
  /** Index of its shard, which is the rank that saved it. */
  readonly shard: number;
  readonly box: TensorBox;
  /** Of its first element, in bytes from the beginning of the shard. */
  readonly start: number;
}

export interface SavedTensor extends GlobalTensor {
  readonly parts: readonly TensorPart[];
}

/**
 * The global tensors of these names, or all, from the headers of all shards. Throws `corrupt-format` if
 * shards contradict each other in dtype or shape, `not-found` for a name that none has.
 */
export function globalTensors(
  shards: readonly TensorShard[],
  names?: Iterable<string>,
): SavedTensor[] {
  const found = new Map<string, SavedTensor & { parts: TensorPart[] }>();
  const wanted = names === undefined ? undefined : new Set(names);
  for (const [shard, { names: own }] of shards.entries()) {
    for (const name of own) {
      if (wanted !== undefined && !wanted.has(name)) continue;
      const { dtype, shape, start, globalShape, offset } = shards[shard]!.info(name);
      const whole = globalShape ?? shape;
      const part = {
        shard,
        start,
        box: offset === undefined ? wholeBox(shape) : { offset, shape },
      };
      const sliced = globalShape !== undefined;
      const first = found.get(name);
      if (first === undefined) {
        found.set(name, { name, dtype, shape: whole, sliced, parts: [part] });
        continue;
      }
      if (first.dtype !== dtype || !sameShape(first.shape, whole)) {
        throw contradiction(first, `${dtype} of shape ${shapeText(whole)}`, shard);
      }
      first.parts.push(part);
      if (sliced && !first.sliced) found.set(name, { ...first, sliced });
    }
  }
  for (const name of wanted ?? []) {
    if (!found.has(name)) throw missing(name, shards.length);
  }
  return [...found.values()];
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

function contradiction(first: SavedTensor, other: string, shard: number): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `tensor ${JSON.stringify(first.name)} is ${first.dtype} of shape ${shapeText(first.shape)} for rank ${first.parts[0]!.shard} but ${other} for rank ${shard}; parts of a tensor must be saved with globalShape and offset`,
    details: { tensor: first.name, ranks: [first.parts[0]!.shard, shard] },
  });
}

function missing(name: string, shards: number): LodeError {
  return new LodeError({
    code: "not-found",
    message: `none of ${shards} shards has a tensor ${JSON.stringify(name)}`,
    details: { tensor: name },
  });
}
