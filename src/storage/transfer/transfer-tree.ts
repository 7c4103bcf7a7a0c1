import type { ObjectMeta } from "../backend.js";
import type { ObjectStore } from "../object-store.js";
import type { TransferEvent } from "./events.js";
import { compileSelection, folderPrefix, type Selection } from "./selection.js";
import { checkNoOverlap } from "./target-names.js";
import { transferMany } from "./transfer-many.js";
import type { TransferItem, TransferOptions, TreePlace } from "./transfer-options.js";

export interface TreeTransferOptions extends TransferOptions, Selection {
  readonly source: TreePlace;
  readonly target: TreePlace;
  /** The target's key relative to its folder; undefined leaves the object out. Default: the same. */
  readonly rename?: ((relativeKey: string) => string | undefined) | undefined;
}

/** Copies all selected objects below a folder, each to the same place below the target's. */
export function transferTree(options: TreeTransferOptions): AsyncIterable<TransferEvent> {
  return tree(options, false);
}

/** Moves all selected objects below a folder. */
export function moveTree(options: TreeTransferOptions): AsyncIterable<TransferEvent> {
  return tree(options, true);
}

function tree(options: TreeTransferOptions, isMove: boolean): AsyncIterable<TransferEvent> {
  const { source, target } = options;
  const from = folderPrefix(source.prefix);
  const to = folderPrefix(target.prefix);
  const selection = compileSelection(options);
  const { sameStore } = options;
  const known = sameStore ?? (source.store === target.store ? true : undefined);
  checkNoOverlap(source.store.uriOf(from), target.store.uriOf(to), known);

  return transferMany({
    source: source.store,
    target: target.store,
    options,
    firstRead: "small",
    isMove,
    async *items(run) {
      const listed = listTree(source.store, from, selection.prefix, run.signal);
      for await (const page of listed) {
        const items: TransferItem[] = [];
        let bytes = 0;
        for (const meta of page) {
          const relative = meta.key.slice(from.length);
          if (relative === "" || !selection.selects(relative)) continue;
          const name = options.rename === undefined ? relative : options.rename(relative);
          if (name === undefined) continue;
          items.push({ key: meta.key, targetKey: to + name, known: meta });
          bytes += meta.size;
        }
        if (items.length > 0) run.plan(items.length, bytes);
        yield items;
      }
      run.planDone();
    },
  });
}

/** The objects below a folder, page by page. */
export async function* listTree(
  store: ObjectStore,
  folder: string,
  narrowed: string,
  signal: AbortSignal,
): AsyncGenerator<readonly ObjectMeta[], void, undefined> {
  const prefix = folder + narrowed;
  const pages = store.listPages({ signal, ...(prefix === "" ? {} : { prefix }) });
  for await (const page of pages) yield page.objects;
}
