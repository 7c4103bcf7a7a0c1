import type { TransferEvent } from "../../storage/transfer/index.js";
import { type SyncComparison, syncTree } from "../../storage/transfer/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { folderAt } from "../operations/index.js";
import { type TransferChoices, transferOptions } from "./transfer-settings.js";

export interface SyncChoices extends TransferChoices {
  readonly compare?: SyncComparison | undefined;
  /** Delete from the target what the source has not. */
  readonly delete?: boolean | undefined;
  /** Globs for keys relative to the folders. */
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
}

/** Makes what is in one folder like what is in another; slashes at their ends say nothing. */
export async function* syncFolders(
  app: AppContext,
  sourceText: string,
  targetText: string,
  choices: SyncChoices = {},
): AsyncGenerator<TransferEvent, void, undefined> {
  const source = await folderAt(app, locationOf(sourceText, app.config.cwd));
  const target = await folderAt(app, locationOf(targetText, app.config.cwd));
  yield* syncTree({
    ...(await transferOptions(app, choices)),
    source: { store: source.store, prefix: source.folder },
    target: { store: target.store, prefix: target.folder },
    compare: choices.compare,
    delete: choices.delete,
    include: choices.include,
    exclude: choices.exclude,
  });
}
