import type { CommandSpec } from "../command.js";
import { byteSize, LITERAL, signedByteSize } from "../option-parsers.js";

interface CatOptions {
  readonly offset?: number;
  readonly length?: number;
  readonly literal?: boolean;
}

export const command: CommandSpec = {
  arguments: [{ syntax: "<uri...>", description: "objects by exact name, or globs" }],
  options: [
    {
      flags: "--offset <bytes>",
      description: "begin here; a negative offset counts from the end",
      parse: signedByteSize,
    },
    { flags: "--length <bytes>", description: "at most so many bytes", parse: byteSize },
    LITERAL,
  ],
  description:
    "Every byte is checked against the length and checksum that the store tells; damage ends the\n" +
    "command with exit code 15, after what was already written.",
  examples: [
    ["lode cat s3://bucket/a.json", "print an object"],
    ["lode cat --offset 1MiB --length 4KiB s3://bucket/a.bin | xxd", "a range of it"],
    ["lode cat 's3://bucket/logs/2026-*.txt' | grep error", "several, one after the other"],
    ["lode cat --offset -100 s3://bucket/log.txt", "its last 100 bytes"],
  ],
  changes: false,
  binaryOutput: true,
  async run(context, [texts], options: CatOptions) {
    const { rangeOf, readObjects } = await import("../../app/operations/index.js");
    const range = rangeOf(options.offset, options.length);
    for (const text of texts as readonly string[]) {
      const objects = readObjects(context.app, text, { range, literal: options.literal });
      for await (const { body } of objects) {
        for await (const chunk of body) {
          await context.out.bytes(chunk);
          if (context.out.closed.aborted) return;
        }
      }
    }
  },
};
