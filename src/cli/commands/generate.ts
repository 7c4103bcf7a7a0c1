import { type DataType, type GenerateOptions, generateObject } from "../../datagen/index.js";
import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import { byteSize, DRY_RUN, jobsOption, wholeNumber } from "../option-parsers.js";
import { formatSize, plural } from "../render/index.js";
import { FACTORS, NUM, objectTypeOption, putObjects } from "./put-objects.js";

interface GenerateCommandOptions {
  readonly jobs: number;
  readonly num?: number;
  readonly total?: number;
  readonly objectType: DataType;
  readonly size?: number;
  readonly dtype?: GenerateOptions["dtype"];
  readonly shape?: readonly number[];
  readonly samples?: number;
  readonly recordSize?: number;
  readonly dedup: number;
  readonly compress: number;
  readonly template?: string;
  readonly seed: string;
  readonly indexFiles?: boolean;
  readonly skipExisting?: boolean;
  readonly dryRun?: boolean;
}

const DEFAULT_SIZE = 20_971_520;

const EXTENSIONS: Readonly<Record<DataType, string>> = {
  RAW: "bin",
  NPY: "npy",
  NPZ: "npz",
  TFRECORD: "tfrecord",
  TAR: "tar",
  HDF5: "h5",
  PARQUET: "parquet",
};

export const command: CommandSpec = {
  arguments: [{ syntax: "<target>", description: "the folder or bucket to write into" }],
  options: [
    objectTypeOption("NPZ"),
    { ...NUM, description: "how many objects; 1 unless given" },
    {
      flags: "-s, --size <size>",
      description: "exact size of each; 20MiB unless given, or what --shape takes",
      parse: byteSize,
    },
    {
      flags: "--total <size>",
      description: "as many objects as make up this size, in place of -n",
      parse: byteSize,
    },
    { flags: "--dtype <code>", description: "NPY, NPZ: the numbers' type, as f4, i8; else u1" },
    {
      flags: "--shape <axes>",
      description: "NPY, NPZ: the shape of the array, as 1000,28,28",
      parse: shapeOf,
    },
    {
      flags: "--samples <n>",
      description: "how many rows (NPZ, PARQUET), records (TFRECORD) or samples (TAR) each has",
      parse: wholeNumber("--samples", 1, 1_000_000_000),
    },
    {
      flags: "--record-size <size>",
      description: "TFRECORD, TAR, PARQUET: bytes of each sample; 128KiB unless given",
      parse: byteSize,
    },
    ...FACTORS,
    {
      flags: "-t, --template <name>",
      description: "names: {} is the number, {:05} with leading zeros; part-{:05} unless given",
    },
    { flags: "--seed <text>", description: "another seed gives other bytes", default: "0" },
    { flags: "--index-files", description: "TFRECORD: write an index beside each, for DALI" },
    { flags: "--skip-existing", description: "leave objects of the right size alone" },
    jobsOption(8),
    DRY_RUN,
  ],
  description:
    "The same options give the same bytes, on every machine: after an interruption the same command\n" +
    "with --skip-existing goes on. The data is random, the classes are 0 to 9. To measure a store,\n" +
    "use put.",
  examples: [
    [
      "lode generate -o TAR -s 1GiB --total 1TiB s3://bucket/train/",
      "1,024 WebDataset shards of 1 GiB",
    ],
    [
      "lode generate -o TFRECORD -n 4 --samples 1000 --index-files ./data/",
      "4 files of 1,000 records, each with an index",
    ],
    ["lode generate --dtype f4 --shape 1000,28,28 --samples 1000 ./data/", "x and y of 1,000 rows"],
  ],
  changes: true,
  async run(context, [text], options: GenerateCommandOptions) {
    const { warnIfVolatile } = await import("./warn-volatile.js");
    const target = text as string;
    const { jobs, objectType: type, shape, dtype, samples, recordSize, dryRun } = options;
    const { seed, dedup, compress, indexFiles, skipExisting } = options;
    const size = options.size ?? (shape === undefined ? DEFAULT_SIZE : undefined);
    const object = { type, size, shape, dtype, samples, recordSize, seed, dedup, compress };
    const put = {
      concurrency: jobs,
      num: countOf(options, generateObject(object).length),
      object,
      template: options.template ?? `part-{:05}.${EXTENSIONS[type]}`,
      indexFiles,
      skipExisting,
      dryRun,
    };
    if (dryRun !== true) await warnIfVolatile(context, target);
    await putObjects(context, "generate", target, put, ({ objects, bytes, skipped }) => {
      const text = `${plural(objects, "object")}, ${formatSize(bytes, true)} written`;
      return skipped === 0 ? text : `${text}, ${skipped} skipped`;
    });
  },
};

function countOf({ num, total }: GenerateCommandOptions, length: number): number {
  if (total === undefined) return num ?? 1;
  if (num === undefined) return Math.max(1, Math.round(total / Math.max(1, length)));
  throw new LodeError({ code: "invalid-argument", message: "give -n or --total, not both" });
}

function shapeOf(text: string): readonly number[] {
  if (/^[0-9_]+(,[0-9_]+)*,?$/.test(text)) {
    const axes = text.replace(/,$/, "").split(",");
    return axes.map((axis) => Number(axis.replaceAll("_", "")));
  }
  throw new LodeError({
    code: "invalid-argument",
    message: `--shape cannot be ${JSON.stringify(text)}: give whole numbers with commas between, as 1000,28,28`,
  });
}
