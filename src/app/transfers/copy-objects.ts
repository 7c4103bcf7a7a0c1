import { isLodeError, LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import {
  type ListedKey,
  moveList,
  moveObject,
  moveTree,
  type TransferEvent,
  type TransferOptions,
  transferList,
  transferObject,
  transferTree,
} from "../../storage/transfer/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import {
  explainMissing,
  folderAt,
  noMatch,
  type ObjectSource,
  resolveTarget,
  type SourceOptions,
  type Target,
  type TreeSource,
} from "../operations/index.js";
import { groupByStore } from "./group-by-store.js";
import { joinTransfers } from "./join-transfers.js";
import { type NamedSource, resolveAll } from "./resolve-all.js";
import { type TransferChoices, transferOptions } from "./transfer-settings.js";

export interface CopyChoices extends TransferChoices, SourceOptions {
  readonly move?: boolean | undefined;
  /** The target is a folder, whatever its name looks like. */
  readonly intoFolder?: boolean | undefined;
  /** Keys below the one source, in place of all of it. */
  readonly keys?: AsyncIterable<string> | undefined;
}

/**
 * Copies or moves between any two stores. A source without a slash at its end keeps its name when it
 * goes into a folder; one with a slash gives what is in it; what a glob matches keeps its shape from
 * the last folder before the pattern. Throws `not-found` where a source matches nothing.
 */
export async function* copyObjects(
  app: AppContext,
  texts: readonly string[],
  targetText: string,
  choices: CopyChoices = {},
): AsyncGenerator<TransferEvent, void, undefined> {
  const options = await transferOptions(app, choices);
  const target = await resolveTarget(app, targetText, choices.intoFolder);
  if (choices.keys !== undefined) {
    yield* copyListed(app, texts, targetText, { ...choices, keys: choices.keys }, options);
    return;
  }
  const sources = await resolveAll(app, texts, { ...choices, trusting: true });
  if (target.kind === "name" && sources.length > 1) {
    throw new LodeError({
      code: "invalid-argument",
      message: `${sources.length} sources cannot all become ${targetText}; end it with / to copy into a folder`,
    });
  }
  refuseCollisions(sources);
  if (choices.move === true) refuseMerging(sources);
  const transfers: AsyncIterable<TransferEvent>[] = [];
  const objects = sources.flatMap(({ source }) => (source.kind === "object" ? [source] : []));
  for (const group of groupByStore(objects)) {
    transfers.push(await copyGroup(app, group, target, options, choices.move === true));
  }
  for (const { text, source } of sources) {
    if (source.kind === "object") continue;
    const tree = copyTree(source, await treeTarget(app, source, target), options, choices.move);
    transfers.push(demandObjects(tree, text));
  }
  for await (const event of joinTransfers(transfers, choices.dryRun === true)) {
    yield event;
    if (event.type !== "summary" || sources.length !== 1) continue;
    // An exact name was taken at its word; only now it shows that it is a folder.
    const [text] = texts;
    const missing = isLodeError(event.failures[0]?.error, "not-found");
    const better = missing && text !== undefined ? await explainMissing(app, text) : undefined;
    if (better !== undefined) throw better;
  }
}

/** Two sources of one name would end up as one, silently. */
function refuseCollisions(sources: readonly NamedSource[]): void {
  const seen = new Map<string, string>();
  for (const { text, source } of sources) {
    const name = source.kind === "object" ? nameOf(source.key) : source.name;
    if (name === undefined) continue;
    const kindAndName = `${source.kind} ${name}`;
    const earlier = seen.get(kindAndName);
    if (earlier !== undefined) {
      throw new LodeError({
        code: "invalid-argument",
        message: `${earlier} and ${text} would both be copied to the name ${name}; copy them apart`,
      });
    }
    seen.set(kindAndName, text);
  }
}

/**
 * What is in several folders may have the same names: copied into one folder, the last one is there;
 * moved, the others would be nowhere.
 */
function refuseMerging(sources: readonly NamedSource[]): void {
  const [first, second] = new Set(sources.map(({ source }) => parentOf(source)));
  const isOpen = sources.some(({ source }) => source.kind === "tree" && source.name === undefined);
  if (!isOpen || first === undefined || second === undefined) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `what is in ${first} and in ${second} may have the same names, and the last one moved would replace the others; move them apart`,
  });
}

/** The folder that a source's names at the target are relative to. */
function parentOf(source: NamedSource["source"]): string {
  const isContent = source.kind === "tree" && source.name === undefined;
  const path = source.kind === "object" ? source.key : source.folder.replace(/\/$/, "");
  const folder = isContent ? source.folder : path.slice(0, path.lastIndexOf("/") + 1);
  return source.store.uriOf(folder);
}

async function copyGroup(
  app: AppContext,
  group: readonly [ObjectSource, ...ObjectSource[]],
  target: Target,
  options: TransferOptions,
  isMove: boolean,
): Promise<AsyncIterable<TransferEvent>> {
  const [first] = group;
  if (target.kind === "name") {
    const to = await app.stores.locate(target.location);
    const both = { ...options, source: first, target: to };
    return isMove ? moveObject(both) : transferObject(both);
  }
  if (group.length === 1) {
    const to = { store: target.store, key: target.folder + nameOf(first.key) };
    const both = { ...options, source: first, target: to };
    return isMove ? moveObject(both) : transferObject(both);
  }
  const keys = group.map(({ key }): ListedKey => ({ key, targetKey: nameOf(key) }));
  const all = {
    ...options,
    source: { store: first.store },
    target: { store: target.store, prefix: target.folder },
    keys,
  };
  return isMove ? moveList(all) : transferList(all);
}

async function treeTarget(app: AppContext, source: TreeSource, target: Target) {
  if (target.kind === "folder") {
    const name = source.name === undefined ? "" : `${source.name}/`;
    return { store: target.store, prefix: target.folder + name };
  }
  const { store, folder } = await folderAt(app, target.location);
  return { store, prefix: folder };
}

function copyTree(
  source: TreeSource,
  target: { readonly store: ObjectStore; readonly prefix: string },
  options: TransferOptions,
  isMove: boolean | undefined,
): AsyncIterable<TransferEvent> {
  const all = {
    ...options,
    source: { store: source.store, prefix: source.folder },
    target,
    include: source.include,
    filter: source.filter,
  };
  return isMove === true ? moveTree(all) : transferTree(all);
}

async function* copyListed(
  app: AppContext,
  texts: readonly string[],
  targetText: string,
  choices: CopyChoices & { readonly keys: AsyncIterable<string> },
  options: TransferOptions,
): AsyncGenerator<TransferEvent, void, undefined> {
  const [text] = texts;
  if (text === undefined || texts.length > 1) {
    throw new LodeError({
      code: "invalid-argument",
      message: "a list of keys needs one source: the folder that they are relative to",
    });
  }
  const source = await folderAt(app, locationOf(text, app.config.cwd));
  const target = await folderAt(app, locationOf(targetText, app.config.cwd));
  const all = {
    ...options,
    source: { store: source.store, prefix: source.folder },
    target: { store: target.store, prefix: target.folder },
    keys: choices.keys,
  };
  yield* choices.move === true ? moveList(all) : transferList(all);
}

/** A tree or pattern that turns out to hold nothing was misspelt. */
async function* demandObjects(
  events: AsyncIterable<TransferEvent>,
  text: string,
): AsyncGenerator<TransferEvent, void, undefined> {
  for await (const event of events) {
    yield event;
    if (event.type !== "summary" || event.aborted) continue;
    if (event.copied + event.skipped + event.failed + event.planned === 0) throw noMatch(text);
  }
}

function nameOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}
