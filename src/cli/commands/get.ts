import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import {
  byteSize,
  jobsOption,
  LITERAL,
  PATTERN,
  RECURSIVE,
  REGEX,
  signedByteSize,
} from "../option-parsers.js";
import { mebibytes, printResult, throwIfAnyFailed, watchBenchmark } from "./benchmark-result.js";

interface GetCommandOptions {
  readonly jobs: number;
  readonly recursive?: boolean;
  readonly pattern?: string;
  readonly regex?: boolean;
  readonly literal?: boolean;
  readonly keylist?: string;
  readonly offset?: number;
  readonly length?: number;
}

export const command: CommandSpec = {
  arguments: [{ syntax: "[uri]", description: "an object, a folder ending in /, or a pattern" }],
  options: [
    jobsOption(64),
    RECURSIVE,
    PATTERN,
    {
      flags: "--keylist <file>",
      description: "read the URIs that a file lists (- for standard input)",
    },
    { flags: "--offset <bytes>", description: "begin here in each object", parse: signedByteSize },
    { flags: "--length <bytes>", description: "at most so many bytes of each", parse: byteSize },
    REGEX,
    LITERAL,
  ],
  description:
    "A benchmark, as in s3-cli: it reads and throws the data away. To keep it, use cat, cp or\n" +
    "download. A URI that ends in / means all below it. MB are 2^20 bytes.",
  examples: [
    ["lode get -j 32 s3://my-bucket4/", "read a whole bucket, 32 objects at a time"],
    ["lode get --offset 1MiB --length 64KiB -r s3://bucket/data/", "a range of each object"],
    ["lode find s3://bucket/ --size +1GiB | lode get --keylist -", "what another command lists"],
  ],
  changes: false,
  async run(context, [text], options: GetCommandOptions) {
    const { benchmarkGet, rangeOf, readLines } = await import("../../app/operations/index.js");
    const { app, notices, stdin } = context;
    const { jobs, keylist, offset, length } = options;
    if ((text === undefined) === (keylist === undefined)) {
      throw new LodeError({
        code: "invalid-argument",
        message: "lode get needs either a URI or --keylist",
      });
    }
    notices.info(`Fetching with ${jobs} jobs…`);
    const { state, run } = await benchmarkGet(app, text as string | undefined, {
      ...watchBenchmark(context, "get"),
      concurrency: jobs,
      range: rangeOf(offset, length),
      recursive: options.recursive === true || (text as string | undefined)?.endsWith("/") === true,
      pattern: options.pattern,
      regex: options.regex,
      literal: options.literal,
      uris: keylist === undefined ? undefined : readLines(app, keylist, stdin),
    });
    notices.clearStatus();
    const rate = mebibytes(state.bytes / Math.max(state.seconds, 1e-6));
    const result = `downloaded ${mebibytes(state.bytes)} MB in ${state.seconds.toFixed(9)}s (${rate} MB/s)`;
    printResult(context, "get", state, result);
    throwIfAnyFailed(state, run.failures);
  },
};
