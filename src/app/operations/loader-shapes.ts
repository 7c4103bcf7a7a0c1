import { seededRandom } from "../../core/index.js";
import type { GenerateOptions } from "../../datagen/index.js";
import type { DatasetFormat } from "../../loader/index.js";

/** Accelerators whose time for a batch MLPerf Storage tells. */
export const ACCELERATORS = ["h100", "a100"] as const;
export type Accelerator = (typeof ACCELERATORS)[number];

/** What a training job reads and how long its accelerator works on a batch. */
export interface LoaderShape {
  readonly format: DatasetFormat;
  readonly batchSize: number;
  /** Of a batch. */
  readonly computeSeconds: Readonly<Record<Accelerator, number>>;
  readonly samplesPerFile: number;
  /** Mean and standard deviation. */
  readonly sampleBytes: number;
  readonly sampleBytesStdev: number;
  /** Files that are prepared unless told otherwise; MLPerf has more, for what does not fit into memory. */
  readonly files: number;
  readonly shuffle: boolean;
}

export const SHAPE_NAMES = ["resnet50", "unet3d"] as const;
export type ShapeName = (typeof SHAPE_NAMES)[number];

/**
 * The workloads of MLPerf Storage: `resnet50_h100.yaml`, `resnet50_a100.yaml`, `unet3d_h100.yaml` and `unet3d_a100.yaml`
 * in `configs/dlio/workload` of github.com/mlcommons/storage.
 */
export const LOADER_SHAPES: Readonly<Record<ShapeName, LoaderShape>> = {
  resnet50: {
    format: "tfrecord",
    batchSize: 400,
    computeSeconds: { h100: 0.224, a100: 0.435 },
    samplesPerFile: 1251,
    sampleBytes: 114_660,
    sampleBytesStdev: 0,
    files: 4,
    shuffle: false,
  },
  unet3d: {
    format: "npz",
    batchSize: 7,
    computeSeconds: { h100: 0.323, a100: 0.636 },
    samplesPerFile: 1,
    sampleBytes: 146_600_628,
    sampleBytesStdev: 68_341_808,
    files: 21,
    shuffle: true,
  },
};

/** The least accelerator utilisation of a run that passes, in percent: `metric.au` of all four. */
export const PASSING_UTILISATION = 90;

/** Length, checksum of it and of the data, which a TFRecord has beside its data. */
const RECORD_FRAMING = 16;
const LEAST_FILE_BYTES = 4096;

/** What one file of the shape is to be; sizes that vary follow from the file's number. */
export function shapeFile(
  { format, sampleBytes, sampleBytesStdev }: LoaderShape,
  samples: number,
  file: number,
  bytes = sampleBytes,
): Omit<GenerateOptions, "index" | "count"> {
  const seed = `loader-${file}`;
  if (format === "tfrecord") {
    return { type: "TFRECORD", seed, samples, size: samples * (bytes + RECORD_FRAMING) };
  }
  const size = bytes + normal(file) * sampleBytesStdev * (bytes / sampleBytes);
  return { type: "NPZ", seed, size: Math.max(LEAST_FILE_BYTES, Math.round(size)) };
}

/** Of a normal distribution (Box and Muller), within two deviations. */
function normal(seed: number): number {
  const random = seededRandom(seed);
  const radius = Math.sqrt(-2 * Math.log(1 - random()));
  const value = radius * Math.cos(2 * Math.PI * random());
  return Math.max(-2, Math.min(2, value));
}
