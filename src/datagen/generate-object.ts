import { LodeError } from "../errors.js";
import type { NpyDtype } from "../formats/index.js";
import type { ReplayableBody } from "../storage/index.js";
import { Content } from "./content.js";
import type { LayoutOptions, ObjectLayout } from "./object-layout.js";
import {
  hdf5ObjectLayout,
  npyLayout,
  npzLayout,
  parquetLayout,
  rawLayout,
  tarLayout,
  tfRecordLayout,
} from "./types/index.js";

type Layout = (options: LayoutOptions) => ObjectLayout;

const LAYOUTS = {
  RAW: rawLayout,
  NPY: npyLayout,
  NPZ: npzLayout,
  TFRECORD: tfRecordLayout,
  TAR: tarLayout,
  HDF5: hdf5ObjectLayout,
  PARQUET: parquetLayout,
} satisfies Readonly<Record<string, Layout>>;

/** What is generated: `RAW` bytes, or a file of a format. */
export type DataType = keyof typeof LAYOUTS;

export const DATA_TYPES = Object.keys(LAYOUTS) as readonly DataType[];

/** The most objects of a set: their units have to be counted in 64 bits. */
const MAX_COUNT = 1_000_000_000;
/** The most that content can be told to compress by. */
const MAX_COMPRESS = 50;

/** What an object is to be. The same options give the same bytes, on every machine and in every process. */
export interface GenerateOptions {
  readonly type: DataType;
  /** The exact length in bytes; left out for NPY and NPZ of a `shape`. */
  readonly size?: number | undefined;
  /** Any text; another one gives other bytes. */
  readonly seed: string;
  /** The object's number within its set, from 0: each has bytes of its own. 0 unless given. */
  readonly index?: number | undefined;
  /** How many objects the set has; it counts for `dedup` where objects are small. 1 unless given, 10^9 at most. */
  readonly count?: number | undefined;
  /**
   * How often each block of 4 to 64 KiB comes, from 1 (never twice, the default): in each object of
   * at least `dedup` times 3 MiB, and over the set of `count` where objects are smaller. Those of objects of less
   * than `dedup` times 64 KiB are shorter. No two objects are equal, so that one of less than `dedup` times 4 KiB cannot reach
   * the factor. Samples with headers of their own (TAR, PARQUET) spoil the blocks that these are in.
   */
  readonly dedup?: number | undefined;
  /** By how much zstd shrinks the content, from 1 (not at all, the default) to 50. */
  readonly compress?: number | undefined;
  /** NPY and NPZ: the element type in numpy's code, `u1` unless given. Floats are finite, between -2 and 2. */
  readonly dtype?: NpyDtype | undefined;
  /** NPY and NPZ: the shape of the array, in place of `size`. */
  readonly shape?: readonly number[] | undefined;
  /**
   * How many records (TFRECORD), samples (TAR) or rows (PARQUET) it has, from `recordSize` unless given. NPZ: the
   * length of the first axis of `x`, and of `y`; without it there is one array, `data`.
   */
  readonly samples?: number | undefined;
  /** TFRECORD, TAR, PARQUET: bytes of a record, sample or row with its framing; 128 KiB unless given. The last is longer. */
  readonly recordSize?: number | undefined;
}

/** A body that is made as it is read, in bounded memory; each of its chunks is valid until the next one is asked for. */
export interface GeneratedObject extends ReplayableBody {
  /** Records, samples or rows, for types that have them. */
  readonly samples: number | undefined;
  /** TFRECORD: the index of its records, a line `offset length` each, as NVIDIA DALI reads it; else undefined. */
  readonly indexFile: (() => Uint8Array) | undefined;
}

/**
 * An object to be written or read: exact in size, its bytes a function of the options. Throws
 * `invalid-argument` for options that cannot be, also for a size that is too small for the type.
 */
export function generateObject(options: GenerateOptions): GeneratedObject {
  checkOptions(options);
  const { type, seed, index = 0, count = 1, dedup = 1, compress = 1 } = options;
  const layout = (LAYOUTS[type] as Layout)(options);
  const { length, pieceBytes, samples, indexFile } = layout;
  const content = { seed, index, count, dedup, compress, length, pieceBytes };
  return {
    length,
    samples,
    indexFile,
    stream: () => layout.stream(new Content(content)),
  };
}

/** What each option of each type is for; `size` and the factors go with all. */
const OPTIONS_OF: Readonly<Record<DataType, readonly (keyof LayoutOptions)[]>> = {
  RAW: [],
  NPY: ["dtype", "shape"],
  NPZ: ["dtype", "shape", "samples"],
  TFRECORD: ["samples", "recordSize"],
  TAR: ["samples", "recordSize"],
  HDF5: [],
  PARQUET: ["samples", "recordSize"],
};

function checkOptions(options: GenerateOptions): void {
  const { type, size, index, count, samples, recordSize, dedup = 1, compress = 1 } = options;
  if (!Object.hasOwn(LAYOUTS, type)) {
    throw invalid(`${JSON.stringify(type)} is none of ${DATA_TYPES.join(", ")}`);
  }
  for (const name of ["dtype", "shape", "samples", "recordSize"] as const) {
    if (options[name] !== undefined && !OPTIONS_OF[type].includes(name)) {
      throw invalid(`${name} has no meaning for an object of type ${type}`);
    }
  }
  if (options.shape !== undefined && size !== undefined) {
    throw invalid("give a size or a shape, not both: each follows from the other");
  }
  if (samples !== undefined && recordSize !== undefined) {
    throw invalid("give samples or recordSize, not both: each follows from the other");
  }
  checkWhole("size", size, 0);
  checkWhole("index", index, 0);
  checkWhole("count", count, 1, MAX_COUNT);
  checkWhole("samples", samples, 1);
  checkWhole("recordSize", recordSize, 1);
  if (!(dedup >= 1 && Number.isFinite(dedup))) {
    throw invalid(`dedup is ${dedup}; give a number from 1`);
  }
  if (!(compress >= 1 && compress <= MAX_COMPRESS)) {
    throw invalid(`compress is ${compress}; give a number from 1 to ${MAX_COMPRESS}`);
  }
}

function checkWhole(
  name: string,
  value: number | undefined,
  least: number,
  most = Number.MAX_SAFE_INTEGER,
): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw invalid(`${name} is ${value}; give a whole number from ${least} to ${most}`);
}

function invalid(why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `the object cannot be generated: ${why}`,
  });
}
