import { LodeError } from "../../errors.js";
import { getUint64, viewOf } from "../little-endian.js";
import type { RangeReader } from "../range-reader.js";
import { readExactly } from "../read-exactly.js";
import { corruptSafetensors, quoted } from "./corrupt-safetensors.js";
import type { Tensor } from "./dtype.js";
import {
  MAX_HEADER_BYTES,
  PREFIX_BYTES,
  parseHeader,
  type SafetensorsHeader,
  type TensorInfo,
} from "./header.js";
import { checkArrayBytes, tensorFromBytes } from "./tensor-input.js";

export interface SafetensorsReadOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Enough for the header of nearly every file, so that one read does. */
const FIRST_READ = 64 * 1024;
/** Neighbours are read together up to this size: a reader that verifies blocks reads those at both ends twice. */
const GROUP_BYTES = 64 * 1024 * 1024;
/** Bytes between two wanted tensors that are cheaper read than asked around. */
const GAP_BYTES = 64 * 1024;

/**
 * Opens a safetensors file by its header; no tensor is read. Throws `corrupt-format` for what the reference
 * implementation refuses, and for a name that stands there twice.
 */
export async function openSafetensors(
  reader: RangeReader,
  { signal }: SafetensorsReadOptions = {},
): Promise<Safetensors> {
  const { size } = reader;
  if (size < PREFIX_BYTES) throw corruptSafetensors(`it has ${size} bytes`);
  const first = await readExactly(reader, 0, Math.min(FIRST_READ, size), signal);
  const headerBytes = getUint64(viewOf(first), 0);
  if (headerBytes > MAX_HEADER_BYTES) {
    throw corruptSafetensors(
      `its header says to have ${headerBytes} bytes; ${MAX_HEADER_BYTES} are the most`,
    );
  }
  const end = PREFIX_BYTES + headerBytes;
  if (end > size) throw corruptSafetensors("it ends inside the header");
  const json =
    end <= first.length
      ? first.subarray(PREFIX_BYTES, end)
      : await readExactly(reader, PREFIX_BYTES, end, signal);
  return new Safetensors(reader, parseHeader(json, size));
}

/** The tensors of a file, read when they are asked for. */
export class Safetensors {
  readonly #reader: RangeReader;
  readonly #infos: ReadonlyMap<string, TensorInfo>;
  /** The texts of `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;

  constructor(reader: RangeReader, header: SafetensorsHeader) {
    this.#reader = reader;
    this.#infos = new Map(header.tensors.map((info) => [info.name, info]));
    this.metadata = header.metadata;
  }

  /** In the order of the file. */
  get names(): string[] {
    return [...this.#infos.keys()];
  }

  has(name: string): boolean {
    return this.#infos.has(name);
  }

  /** Type, shape and place of a tensor. Throws `not-found`. */
  info(name: string): TensorInfo {
    const info = this.#infos.get(name);
    if (info !== undefined) return info;
    const some = this.names.slice(0, 5).map(quoted);
    const there =
      some.length === 0 ? "none" : `${this.#infos.size}, among them: ${some.join(", ")}`;
    throw new LodeError({
      code: "not-found",
      message: `the file has no tensor ${quoted(name)}; it has ${there}`,
    });
  }

  /** One tensor, in the memory that the reader gives; copied only to align it. Throws `not-found`. */
  async read(name: string, { signal }: SafetensorsReadOptions = {}): Promise<Tensor> {
    const info = this.info(name);
    checkArrayBytes(name, info.end - info.start);
    const bytes = await readExactly(this.#reader, info.start, info.end, signal);
    return tensorFromBytes(info.dtype, info.shape, bytes);
  }

  /**
   * The tensors of these names, or all, by name in the order of the file. Neighbours are read together
   * and share memory, of at most 64 MiB. Throws `not-found` before anything is read.
   */
  async readMany(
    names: Iterable<string> = this.#infos.keys(),
    { signal }: SafetensorsReadOptions = {},
  ): Promise<Map<string, Tensor>> {
    const infos = [...new Set(names)].map((name) => this.info(name));
    infos.sort((a, b) => a.start - b.start || a.end - b.end);
    for (const info of infos) checkArrayBytes(info.name, info.end - info.start);
    const tensors = new Map<string, Tensor>();
    for (const group of neighbours(infos)) {
      const from = group[0]!.start;
      const bytes = await readExactly(this.#reader, from, group.at(-1)!.end, signal);
      for (const { name, dtype, shape, start, end } of group) {
        const own = bytes.subarray(start - from, end - from);
        tensors.set(name, tensorFromBytes(dtype, shape, own));
      }
    }
    return tensors;
  }
}

function neighbours(infos: readonly TensorInfo[]): TensorInfo[][] {
  const groups: TensorInfo[][] = [];
  for (const info of infos) {
    const group = groups.at(-1);
    const near =
      group !== undefined &&
      info.start - group.at(-1)!.end <= GAP_BYTES &&
      info.end - group[0]!.start <= GROUP_BYTES;
    if (near) group.push(info);
    else groups.push([info]);
  }
  return groups;
}
