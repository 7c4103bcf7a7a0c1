import { parseDuration } from "../../app/config/index.js";
import type { BenchmarkLoaderResult, LoaderProgress } from "../../app/operations/index.js";
import { didYouMean } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import type { CommandContext, CommandSpec, OptionSpec } from "../command.js";
import { byteSize, wholeNumber } from "../option-parsers.js";
import { formatSize, jsonLine, plural, showProgress } from "../render/index.js";
import { objectTeller } from "./put-objects.js";

const SHAPES = ["resnet50", "unet3d"] as const;
const ACCELERATORS = ["h100", "a100"] as const;
const FORMATS = ["tar", "tfrecord", "npz", "parquet", "jsonl", "objects"] as const;
const ORDERS = ["stable", "completion"] as const;

interface BenchOptions {
  readonly shape?: (typeof SHAPES)[number];
  readonly accelerator?: (typeof ACCELERATORS)[number];
  readonly format?: (typeof FORMATS)[number];
  readonly batchSize?: number;
  readonly computeTime?: number;
  readonly epochs: number;
  readonly steps?: number;
  readonly readThreads?: number;
  readonly prefetch?: number;
  readonly order?: (typeof ORDERS)[number];
  readonly shuffle?: boolean;
  readonly seed?: number;
  readonly memory?: number;
  readonly prepare?: boolean;
  readonly dryRun?: boolean;
  readonly files?: number;
  readonly samples?: number;
  readonly sampleSize?: number;
}

export const command: CommandSpec = {
  arguments: [
    { syntax: "<what>", description: "loader" },
    {
      syntax: "<uri>",
      description: "a folder, an object, or a pattern such as train-{000..099}.tar",
    },
  ],
  options: [
    oneOf("--shape <name>", "read and wait as this workload of MLPerf Storage does", SHAPES),
    oneOf("--accelerator <name>", "whose time for a batch; h100 unless given", ACCELERATORS),
    oneOf("--format <name>", "what the objects are, where their endings do not tell", FORMATS),
    count("--batch-size <n>", "samples of a batch; the shape's, or 32"),
    {
      flags: "--compute-time <time>",
      description: "emulated work on each batch, as 224ms; the shape's, or none",
      parse: parseDuration,
    },
    { ...count("--epochs <n>", "how often all is read"), default: 1 },
    count("--steps <n>", "at most so many batches of each epoch"),
    count("--read-threads <n>", "samples that are read at a time"),
    { ...count("--prefetch <n>", "batches read ahead", 0) },
    oneOf("--order <name>", "of the samples: as the epoch has them, or as they complete", ORDERS),
    { flags: "--shuffle", description: "another order in each epoch" },
    { ...count("--seed <n>", "another seed shuffles otherwise", 0) },
    { flags: "--memory <size>", description: "bytes in flight", parse: byteSize },
    { flags: "--prepare", description: "first write the shape's files where they are missing" },
    count("--files <n>", "--prepare: how many files"),
    count("--samples <n>", "--prepare: samples of each file"),
    { flags: "--sample-size <size>", description: "--prepare: bytes of a sample", parse: byteSize },
    { flags: "--dry-run", description: "--prepare: only tell what would be written" },
  ],
  description:
    "Reads a data set through the loader as a training job with one accelerator does, and tells how\n" +
    "long the accelerator had to wait. The endings of the objects tell the format: .tar, .tfrecord,\n" +
    ".npz, .parquet, .jsonl, else whole objects.\n\n" +
    "AU, the accelerator utilisation, is what MLPerf Storage defines: compute time / running time,\n" +
    "without the first step; its runs pass from 90 % on. resnet50 reads batches of 400 records of\n" +
    "114,660 bytes, unet3d batches of 7 files of about 146,600,628. MLPerf wants data of five times the\n" +
    "memory: --prepare writes less unless --files says more.",
  examples: [
    ["lode bench loader s3://bucket/train/", "how fast the samples come"],
    [
      "lode bench loader --shape resnet50 --prepare --files 16 s3://bucket/resnet50/",
      "the utilisation of one H100",
    ],
    ["lode bench loader --batch-size 64 --compute-time 50ms ./data/", "a job of one's own"],
  ],
  changes: true,
  async run(context, [what, uri], options: BenchOptions) {
    if (what !== "loader") {
      throw new LodeError({
        code: "invalid-argument",
        message: `lode bench cannot measure ${JSON.stringify(what)}: write lode bench loader${didYouMean(what as string, ["loader"])}`,
      });
    }
    const { benchmarkLoader, prepareShape } = await import("../../app/operations/index.js");
    const { files, samples, sampleSize, dryRun, computeTime, readThreads, memory, ...given } =
      options;
    if (options.prepare !== true && (files ?? samples ?? sampleSize ?? dryRun) !== undefined) {
      throw new LodeError({
        code: "invalid-argument",
        message:
          "--files, --samples, --sample-size and --dry-run are about what --prepare writes; add it",
      });
    }
    const prepare = { files, samples, sampleBytes: sampleSize };
    if (dryRun === true) {
      const onObject = objectTeller(context);
      await prepareShape(context.app, uri as string, options.shape, {
        ...prepare,
        dryRun,
        onObject,
      });
      return;
    }
    const result = await benchmarkLoader(context.app, uri as string, {
      ...given,
      computeSeconds: computeTime === undefined ? undefined : computeTime / 1000,
      concurrency: readThreads,
      maxBytesInFlight: memory,
      prepare:
        options.prepare === true ? { ...prepare, onProgress: preparing(context) } : undefined,
      onPrepared: (written, bytes) => {
        context.notices.clearStatus();
        context.notices.info(
          `prepared: ${plural(written, "file")} written, ${formatSize(bytes, true)}`,
        );
      },
      onProgress: reading(context),
    });
    context.notices.clearStatus();
    show(context, result);
  },
};

function oneOf(flags: string, description: string, names: readonly string[]): OptionSpec {
  return {
    flags,
    description: `${description}: ${names.join(", ")}`,
    parse(text) {
      if (names.includes(text)) return text;
      throw new LodeError({
        code: "invalid-argument",
        message: `${flags.split(" ")[0]} ${text} is none of ${names.join(", ")}${didYouMean(text, names)}`,
      });
    },
  };
}

function count(flags: string, description: string, least = 1): OptionSpec {
  const name = flags.split(" ")[0] as string;
  return { flags, description, parse: wholeNumber(name, least, 1_000_000_000) };
}

function preparing({ notices }: CommandContext) {
  return (state: { bytes: number; objects: number; failed: number; seconds: number }) =>
    showProgress(notices, "prepare", {
      ...state,
      bytesPerSecond: state.bytes / Math.max(state.seconds, 1e-6),
    });
}

function reading({ notices }: CommandContext) {
  return ({ epoch, steps, samples, bytes, seconds }: LoaderProgress) =>
    showProgress(notices, `bench loader  epoch ${epoch}, ${plural(steps, "step")}`, {
      bytes,
      objects: samples,
      failed: 0,
      bytesPerSecond: bytes / Math.max(seconds, 1e-6),
      noun: "samples",
    });
}

function show({ json, out }: CommandContext, result: BenchmarkLoaderResult): void {
  if (json) {
    out.line(jsonLine({ type: "bench-loader", ...result }));
    return;
  }
  const { format, shape, accelerator, batchSize, computeSeconds, epochs } = result;
  const work =
    computeSeconds === 0 ? "no compute time" : `${formatMs(computeSeconds)} of compute time each`;
  const named = shape === undefined ? format : `${format}, ${shape} on ${accelerator}`;
  const steps = epochs.reduce((sum, one) => sum + one.steps, 0);
  const taken = `${plural(epochs.length, "epoch")}, ${plural(steps, "step")}`;
  out.line(`${result.uri} (${named}): ${taken}, batches of ${batchSize}, ${work}`);
  const rates = `${result.samplesPerSecond.toFixed(1)} samples/s, ${(result.bytesPerSecond / 1e9).toFixed(3)} GB/s`;
  out.line(
    `${plural(result.samples, "sample")}, ${formatSize(result.bytes, true)} in ${result.seconds.toFixed(2)} s (${rates})`,
  );
  out.line(
    `first batch after ${formatMs(result.firstBatchSeconds)}, waited ${result.waitSeconds.toFixed(2)} s in all, at most ${formatSize(result.peakBytesInFlight, true)} in flight`,
  );
  if (result.utilisation === undefined) return;
  const verdict =
    result.passes === undefined ? "" : result.passes ? ", passes (90 %)" : ", below 90 %";
  out.line(`AU ${result.utilisation.toFixed(2)} %${verdict}`);
}

function formatMs(seconds: number): string {
  return `${(seconds * 1000).toFixed(0)} ms`;
}
