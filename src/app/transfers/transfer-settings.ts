import { BufferPool, type TransferOptions } from "../../storage/transfer/index.js";
import type { AppContext } from "../app-context.js";
import { usableStateFolder } from "../state-folder.js";

/** What a user may say of one transfer; the configuration fills in the rest. */
export interface TransferChoices {
  readonly concurrency?: number | undefined;
  readonly partSize?: number | undefined;
  readonly dryRun?: boolean | undefined;
  /** Read the target back and compare. */
  readonly verify?: boolean | undefined;
  /** Leave targets that exist as they are. */
  readonly skipExisting?: boolean | undefined;
  /** Fail where a target exists. */
  readonly ifAbsent?: boolean | undefined;
  readonly contentType?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly storageClass?: string | undefined;
  /** False begins anew where an earlier run was interrupted. */
  readonly resume?: boolean | undefined;
}

/** The options of one transfer; all that take these same options share their memory. */
export async function transferOptions(
  app: AppContext,
  choices: TransferChoices,
): Promise<TransferOptions> {
  const { config } = app;
  return {
    signal: app.signal,
    dryRun: choices.dryRun,
    concurrency: choices.concurrency ?? config.get("transfer.concurrency"),
    partSize: choices.partSize ?? config.get("transfer.part-size"),
    multipartThreshold: config.get("transfer.multipart-threshold"),
    pool: new BufferPool(config.get("transfer.memory-limit")),
    verify: choices.verify === true ? "read-back" : "transfer",
    mode:
      choices.skipExisting === true ? "skip" : choices.ifAbsent === true ? "create" : "overwrite",
    contentType: choices.contentType,
    metadata: choices.metadata,
    storageClass: choices.storageClass,
    stateDir: choices.dryRun === true ? undefined : await usableStateFolder(app, "transfers"),
    resume: choices.resume,
  };
}
