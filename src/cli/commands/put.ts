import type { DataType } from "../../datagen/index.js";
import type { CommandSpec } from "../command.js";
import { byteSize, DRY_RUN, jobsOption } from "../option-parsers.js";
import { mebibytes } from "./benchmark-result.js";
import { FACTORS, NUM, objectTypeOption, putObjects } from "./put-objects.js";

interface PutCommandOptions {
  readonly createBucket?: boolean;
  readonly jobs: number;
  readonly num: number;
  readonly objectType: DataType;
  readonly size: number;
  readonly dedup: number;
  readonly compress: number;
  readonly template: string;
  readonly seed?: string;
  readonly dryRun?: boolean;
}

export const command: CommandSpec = {
  arguments: [{ syntax: "<uri-prefix>", description: "the bucket or folder to write into" }],
  options: [
    { flags: "-c, --create-bucket", description: "create the bucket if it is not there" },
    jobsOption(32),
    { ...NUM, default: 1 },
    objectTypeOption("RAW"),
    {
      flags: "-s, --size <size>",
      description: "exact size of each",
      parse: byteSize,
      default: 20_971_520,
    },
    ...FACTORS,
    {
      flags: "-t, --template <name>",
      description: "names: the first {} is the number, the second one how many there are",
      default: "object_{}_of_{}.dat",
    },
    { flags: "--seed <text>", description: "the same bytes for the same seed; else new ones" },
    DRY_RUN,
  ],
  description:
    "A benchmark, as in s3-cli: the objects are generated, each different and incompressible, as\n" +
    "they are sent. To upload files, use cp or upload; for a data set to keep, use generate.\n" +
    "MB are 2^20 bytes.",
  examples: [
    ["lode put -c -n 1200 -t 'russ-test3-{}.obj' s3://my-bucket4/", "1,200 objects of 20 MiB"],
    ["lode put -n 100 -s 1MiB --seed 7 s3://bucket/bench/", "the same bytes each time"],
    ["lode put -n 64 -s 8MiB -d 2 -x 1.5 s3://bucket/bench/", "data as a store may reduce it"],
  ],
  changes: true,
  async run(context, [text], options: PutCommandOptions) {
    const { num, size, template, jobs, dryRun, dedup, compress, objectType: type } = options;
    const seed = options.seed ?? crypto.randomUUID();
    const put = {
      concurrency: jobs,
      num,
      object: { type, size, seed, dedup, compress },
      template,
      createContainer: options.createBucket,
      dryRun,
    };
    await putObjects(context, "put", text as string, put, ({ objects, bytes, seconds }) => {
      const time = Math.max(seconds, 1e-9);
      return (
        `Uploaded ${objects} objects (total ${bytes} bytes) in ${time.toFixed(9)}s ` +
        `(${(objects / time).toFixed(2)} objects/s, ${mebibytes(bytes / time)} MB/s)`
      );
    });
  },
};
