import { LodeError } from "../../errors.js";
import {
  openSafetensors,
  type RangeReader,
  type Safetensors,
  type Tensor,
  type TensorInfo,
} from "../../formats/index.js";
import { parseSlices, SLICES_KEY, sliceFault, type TensorSlice } from "./slices.js";

export interface TensorReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A tensor that was read, with its place where it is a part of a global one. */
export type LoadedTensor = Tensor & Partial<TensorSlice>;

/** What a shard tells of a tensor. */
export type ShardTensorInfo = TensorInfo & Partial<TensorSlice>;

/**
 * Opens a shard of tensors, or any safetensors file, by its header; no tensor is read. Throws
 * `corrupt-format`.
 */
export async function openTensors(
  reader: RangeReader,
  options: TensorReadOptions = {},
): Promise<TensorShard> {
  const file = await openSafetensors(reader, options);
  const text = file.metadata.get(SLICES_KEY);
  const slices = text === undefined ? new Map<string, TensorSlice>() : parseSlices(text);
  for (const [name, slice] of slices) {
    const fault = file.has(name)
      ? sliceFault(file.info(name).shape, slice)
      : "the shard has no such tensor";
    if (fault === undefined) continue;
    throw new LodeError({
      code: "corrupt-format",
      message: `${SLICES_KEY} tells of tensor ${JSON.stringify(name)} what cannot be: ${fault}`,
    });
  }
  return new TensorShard(reader, file, slices);
}

/** The tensors of one shard, read when they are asked for. */
export class TensorShard {
  readonly #file: Safetensors;
  readonly #slices: ReadonlyMap<string, TensorSlice>;
  readonly reader: RangeReader;
  /** What was saved beside the tensors. */
  readonly metadata: ReadonlyMap<string, string>;

  constructor(reader: RangeReader, file: Safetensors, slices: ReadonlyMap<string, TensorSlice>) {
    this.reader = reader;
    this.#file = file;
    this.#slices = slices;
    const metadata = new Map(file.metadata);
    metadata.delete(SLICES_KEY);
    this.metadata = metadata;
  }

  /** In the order of the file. */
  get names(): string[] {
    return this.#file.names;
  }

  has(name: string): boolean {
    return this.#file.has(name);
  }

  /** Type, shape and place of a tensor. Throws `not-found`. */
  info(name: string): ShardTensorInfo {
    return { ...this.#file.info(name), ...this.#slices.get(name) };
  }

  /**
   * The tensors of these names, or all; others are not read. Neighbours share memory, of at most
   * 64 MiB. Throws `not-found` before anything is read.
   */
  async load(
    names?: Iterable<string>,
    options: TensorReadOptions = {},
  ): Promise<Map<string, LoadedTensor>> {
    const loaded = new Map<string, LoadedTensor>();
    for (const [name, tensor] of await this.#file.readMany(names, options)) {
      loaded.set(name, { ...tensor, ...this.#slices.get(name) });
    }
    return loaded;
  }
}
