import { isLodeError, LodeError } from "../../errors.js";
import { deleteObjects, deleteTree, type TransferEvent } from "../../storage/transfer/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { folderAt, noMatch, type SourceOptions } from "../operations/index.js";
import { groupByStore } from "./group-by-store.js";
import { joinTransfers } from "./join-transfers.js";
import { resolveAll } from "./resolve-all.js";

export interface DeleteChoices extends SourceOptions {
  readonly dryRun?: boolean | undefined;
  /** What is missing is no error. */
  readonly force?: boolean | undefined;
  /** Keys below the one place, in place of what it names. */
  readonly keys?: AsyncIterable<string> | undefined;
}

/**
 * Deletes objects by exact name, folder (`recursive`) or pattern. Nothing else is ever touched: `foo`
 * never means `foobar`. Throws `not-found` where nothing is meant, unless `force`.
 */
export async function* deleteSelected(
  app: AppContext,
  texts: readonly string[],
  choices: DeleteChoices = {},
): AsyncGenerator<TransferEvent, void, undefined> {
  const options = { signal: app.signal, dryRun: choices.dryRun };
  if (choices.keys !== undefined) {
    const { keys } = choices;
    const { store, folder } = await folderAt(app, locationOf(texts[0] ?? ".", app.config.cwd));
    yield* deleteObjects({ ...options, store, keys: below(folder, keys) });
    return;
  }
  const missing = (error: unknown) => choices.force === true && isLodeError(error, "not-found");
  const sources = await resolveAll(app, texts, choices, missing);
  const objects = sources.flatMap(({ source }) => (source.kind === "object" ? [source] : []));
  const transfers = groupByStore(objects).map((group) =>
    deleteObjects({ ...options, store: group[0].store, keys: group.map(({ key }) => key) }),
  );
  for (const { text, source } of sources) {
    if (source.kind === "object") continue;
    refuseWholeDisk(text, app.config.cwd, choices);
    const { store, folder, include, filter } = source;
    const events = deleteTree({ ...options, target: { store, prefix: folder }, include, filter });
    transfers.push(choices.force === true ? events : demandObjects(events, text));
  }
  yield* joinTransfers(transfers, choices.dryRun === true);
}

/** No slip of the fingers may empty the local disk. */
function refuseWholeDisk(text: string, cwd: string, { recursive }: DeleteChoices): void {
  const { scheme, key } = locationOf(text, cwd).uri;
  if (recursive !== true || (scheme !== "file" && scheme !== "direct")) return;
  if (key.replace(/[*]+$/, "") !== "") return;
  throw new LodeError({
    code: "invalid-argument",
    message: `${text} is the whole local disk, which is not deleted; name a folder`,
  });
}

async function* below(folder: string, keys: AsyncIterable<string>) {
  for await (const key of keys) yield folder + key;
}

async function* demandObjects(
  events: AsyncIterable<TransferEvent>,
  text: string,
): AsyncGenerator<TransferEvent, void, undefined> {
  for await (const event of events) {
    yield event;
    if (event.type !== "summary" || event.aborted) continue;
    if (event.deleted + event.failed + event.planned === 0) throw noMatch(text);
  }
}
