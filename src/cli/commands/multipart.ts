import { parseDuration } from "../../app/config/index.js";
import type { PendingUploadEntry } from "../../app/operations/index.js";
import { didYouMean } from "../../core/index.js";
import { errorToJson, LodeError } from "../../errors.js";
import type { CommandContext, CommandSpec } from "../command.js";
import { DRY_RUN } from "../option-parsers.js";
import { formatTime, jsonLine, plural } from "../render/index.js";

interface MultipartOptions {
  readonly olderThan?: number;
  readonly id?: string;
  readonly dryRun?: boolean;
}

export const command: CommandSpec = {
  arguments: [
    { syntax: "<action>", description: "ls: list; abort: abort and free what they hold" },
    { syntax: "<uri>", description: "a bucket, a folder or an object" },
  ],
  options: [
    {
      flags: "--older-than <duration>",
      description: "only those begun longer ago",
      parse: (text) => parseDuration(text),
    },
    { flags: "--id <id>", description: "only this upload" },
    DRY_RUN,
  ],
  description:
    "Uploads that a kill, a crash or a lost connection cut off hold space that listings do not\n" +
    "show. Each line of ls has the time of its begin, its id and its object, separated by tabs.",
  examples: [
    ["lode multipart ls s3://bucket", "what was left unfinished"],
    ["lode multipart abort --older-than 7d --dry-run s3://bucket", "see what would be aborted"],
    ["lode multipart abort --older-than 7d s3://bucket", "tidy up"],
  ],
  changes: true,
  async run(context, [action, text], options: MultipartOptions) {
    const { olderThan, id, dryRun } = options;
    const startedBefore = olderThan === undefined ? undefined : new Date(Date.now() - olderThan);
    const criteria = { startedBefore, id, dryRun };
    if (action === "ls") await list(context, text as string, criteria);
    else if (action === "abort") await abort(context, text as string, criteria);
    else {
      const known = didYouMean(String(action), ["ls", "abort"]) || "; write ls or abort";
      throw new LodeError({
        code: "invalid-argument",
        message: `lode multipart cannot ${JSON.stringify(action)}${known}`,
      });
    }
  },
};

interface Criteria {
  readonly startedBefore: Date | undefined;
  readonly id: string | undefined;
  readonly dryRun: boolean | undefined;
}

async function list(context: CommandContext, text: string, criteria: Criteria): Promise<void> {
  const { pendingUploads } = await import("../../app/operations/index.js");
  for await (const upload of pendingUploads(context.app, text, criteria)) {
    context.out.line(context.json ? jsonLine(uploadJson(upload)) : uploadText(upload));
    await context.out.ready();
  }
}

async function abort(context: CommandContext, text: string, criteria: Criteria): Promise<void> {
  const { abortUploads } = await import("../../app/operations/index.js");
  const { json, notices, out } = context;
  const failures: { uri: string; code: string; message: string }[] = [];
  let aborted = 0;
  for await (const { upload, error } of abortUploads(context.app, text, criteria)) {
    if (error !== undefined) {
      const { code, message } = error;
      failures.push({ uri: upload.uri, code, message });
      notices.line(`lode: ${upload.uri}: ${message} [${code}]`);
      if (json) out.line(jsonLine({ ...uploadJson(upload), error: errorToJson(error) }));
      continue;
    }
    aborted++;
    if (json) out.line(jsonLine({ ...uploadJson(upload), aborted: criteria.dryRun !== true }));
    else if (criteria.dryRun === true) out.line(`would abort ${uploadText(upload)}`);
    else notices.info(`aborted ${uploadText(upload)}`);
  }
  const dry = criteria.dryRun === true ? "would be " : "";
  notices.line(`${plural(aborted, "upload")} ${dry}aborted`);
  if (failures.length === 0) return;
  throw new LodeError({
    code: "partial-failure",
    message: `${failures.length} of ${failures.length + aborted} uploads could not be aborted`,
    details: { failures },
  });
}

function uploadText(upload: PendingUploadEntry): string {
  return `${formatTime(upload.startedAt)}\t${upload.id}\t${upload.uri}`;
}

function uploadJson({ uri, key, id, startedAt }: PendingUploadEntry): Record<string, unknown> {
  return { type: "upload", uri, key, id, startedAt: startedAt.toISOString() };
}
