import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import { byteSize, DRY_RUN, jobsOption, wholeNumber } from "../option-parsers.js";
import { jsonLine } from "../render/index.js";
import { mebibytes, printResult, throwIfAnyFailed, watchBenchmark } from "./benchmark-result.js";

const OBJECT_TYPES = ["RAW", "NPZ", "TFRECORD", "HDF5"] as const;

interface PutCommandOptions {
  readonly createBucket?: boolean;
  readonly jobs: number;
  readonly num: number;
  readonly objectType: (typeof OBJECT_TYPES)[number];
  readonly size: number;
  readonly template: string;
  readonly seed?: string;
  readonly dryRun?: boolean;
}

export const command: CommandSpec = {
  arguments: [{ syntax: "<uri-prefix>", description: "the bucket or folder to write into" }],
  options: [
    { flags: "-c, --create-bucket", description: "create the bucket if it is not there" },
    jobsOption(32),
    {
      flags: "-n, --num <n>",
      description: "how many objects",
      parse: wholeNumber("-n", 1, 1_000_000_000),
      default: 1,
    },
    {
      flags: "-o, --object-type <type>",
      description: "what to generate: RAW (random bytes)",
      parse: objectType,
      default: "RAW",
    },
    {
      flags: "-s, --size <size>",
      description: "size of each",
      parse: byteSize,
      default: 20_971_520,
    },
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
    "they are sent. To upload files, use cp or upload. MB are 2^20 bytes.",
  examples: [
    ["lode put -c -n 1200 -t 'russ-test3-{}.obj' s3://my-bucket4/", "1,200 objects of 20 MiB"],
    ["lode put -n 100 -s 1MiB --seed 7 s3://bucket/bench/", "the same bytes each time"],
  ],
  changes: true,
  async run(context, [text], options: PutCommandOptions) {
    const { benchmarkPut } = await import("../../app/operations/index.js");
    const { app, json, notices, out } = context;
    if (options.objectType !== "RAW") {
      throw new LodeError({
        code: "unsupported",
        message: `objects of type ${options.objectType} cannot be generated yet: they come with data generation; use -o RAW`,
        details: { capability: `datagen ${options.objectType}` },
      });
    }
    const { num, size, template, jobs, dryRun } = options;
    const { state, run } = await benchmarkPut(app, text as string, {
      ...watchBenchmark(context, "put"),
      concurrency: jobs,
      num,
      size,
      template: distinctNames(template, num),
      seed: options.seed ?? crypto.randomUUID(),
      createContainer: options.createBucket,
      dryRun,
      onObject(uri) {
        if (json)
          out.line(
            jsonLine({ type: "item", status: dryRun ? "planned" : "done", uri, bytes: size }),
          );
        else if (dryRun === true) out.line(`would write ${uri} (${size} bytes)`);
        else notices.info(`wrote ${uri}`);
      },
    });
    notices.clearStatus();
    if (dryRun === true) return;
    const seconds = Math.max(state.seconds, 1e-9);
    printResult(
      context,
      "put",
      state,
      `Uploaded ${state.objects} objects (total ${state.bytes} bytes) in ${seconds.toFixed(9)}s ` +
        `(${(state.objects / seconds).toFixed(2)} objects/s, ${mebibytes(state.bytes / seconds)} MB/s)`,
    );
    throwIfAnyFailed(state, run.failures);
  },
};

/** Objects of one name would overwrite each other. */
function distinctNames(template: string, num: number): string {
  if (num === 1 || template.includes("{}")) return template;
  throw new LodeError({
    code: "invalid-argument",
    message: `the template ${JSON.stringify(template)} gives ${num} objects the same name; put {} into it`,
  });
}

function objectType(text: string): string {
  const found = OBJECT_TYPES.find((one) => one === text.toUpperCase());
  if (found !== undefined) return found;
  throw new LodeError({
    code: "invalid-argument",
    message: `-o ${text} is none of ${OBJECT_TYPES.join(", ")}`,
  });
}
