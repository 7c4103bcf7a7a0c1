import { LodeError } from "../../errors.js";
import type { CommandSpec } from "../command.js";
import { byteSize, DRY_RUN } from "../option-parsers.js";
import { jsonLine } from "../render/index.js";

interface PipeOptions {
  readonly contentType?: string;
  readonly storageClass?: string;
  readonly ifAbsent?: boolean;
  readonly partSize?: number;
  readonly dryRun?: boolean;
}

export const command: CommandSpec = {
  arguments: [{ syntax: "<uri>", description: "the object to write" }],
  options: [
    { flags: "--content-type <type>", description: "kept with the object" },
    { flags: "--storage-class <class>", description: "S3 storage class or Azure access tier" },
    { flags: "--if-absent", description: "fail if the object is already there" },
    { flags: "--part-size <size>", description: "size of its parts", parse: byteSize },
    DRY_RUN,
  ],
  description:
    "Reads to the end of standard input in bounded memory. The object appears whole or not at\n" +
    "all: Ctrl-C (SIGINT) and SIGTERM abort the upload and leave nothing. After a kill -9 or a crash\n" +
    "its parts may stay unseen until lode multipart abort; a pipe cannot go on.",
  examples: [
    ["tar c data | lode pipe s3://bucket/data.tar", "an archive that never touches the disk"],
    ["echo hello | lode pipe --if-absent s3://bucket/hello", "only if it is not there yet"],
  ],
  changes: true,
  async run(context, [text], options: PipeOptions) {
    const { app, json, notices, out, stdin } = context;
    if (context.stdinIsTerminal) {
      throw new LodeError({
        code: "invalid-argument",
        message: "lode pipe reads standard input: pipe something into it",
      });
    }
    if (options.dryRun === true) {
      notices.line(`would write standard input to ${text as string}`);
      return;
    }
    const { warnIfVolatile } = await import("./warn-volatile.js");
    await warnIfVolatile(context, text as string);
    const { writeStream } = await import("../../app/operations/index.js");
    const result = await writeStream(app, text as string, stdin, {
      contentType: options.contentType,
      storageClass: options.storageClass,
      partSize: options.partSize,
      mode: options.ifAbsent === true ? "create" : undefined,
    });
    if (json) {
      const { uri, size, etag, crc32c, versionId } = result;
      out.line(jsonLine({ type: "object", uri, size, etag, crc32c, versionId }));
    } else notices.info(`wrote ${result.size} bytes to ${result.uri}`);
  },
};
