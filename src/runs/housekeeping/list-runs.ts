import { sideBySide } from "../../core/index.js";
import { isLodeError, type LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { listHeadKeys, readHeadAt, readSavedAt, type SavedRun } from "../commit/index.js";
import type { RunFacts, RunStatus, RunType } from "../manifest/index.js";

const AT_A_TIME = 16;

/** Which runs are meant: those for which all that is given holds. */
export interface RunFilter {
  readonly runType?: RunType | undefined;
  readonly project?: string | undefined;
  readonly status?: RunStatus | undefined;
  /** All of these tags, with these values. */
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** Created at this time or later. */
  readonly since?: Date | undefined;
  /** Created before this time. */
  readonly until?: Date | undefined;
}

export interface ListRunsOptions extends RunFilter, CallOptions {
  /** Deleted runs, which can be restored, instead of the others. */
  readonly deleted?: boolean | undefined;
  /** Only those that mltrack wrote here, which no catalogue has. */
  readonly foreignOnly?: boolean | undefined;
  /** Told of each run that cannot be read, which is thrown otherwise. */
  readonly onUnreadable?: ((key: string, error: LodeError) => void) | undefined;
}

/** The newest revisions of runs, in the order of their ids' keys. Reads every head and manifest. */
export async function* listSaved(
  store: ObjectStore,
  options: ListRunsOptions = {},
): AsyncGenerator<SavedRun, void> {
  let keys: string[] = [];
  for await (const key of listHeadKeys(store, { signal: options.signal })) {
    keys.push(key);
    if (keys.length < AT_A_TIME) continue;
    yield* await readAll(store, keys, options);
    keys = [];
  }
  yield* await readAll(store, keys, options);
}

async function readAll(
  store: ObjectStore,
  keys: readonly string[],
  options: ListRunsOptions,
): Promise<SavedRun[]> {
  const { deleted = false, onUnreadable, signal } = options;
  const read = await sideBySide(keys, AT_A_TIME, signal, async (key, inner) => {
    try {
      const head = await readHeadAt(store, key, { signal: inner });
      if (head === undefined || (head.head.deletedAt !== null) !== deleted) return [];
      const saved = await readSavedAt(store, head, { signal: inner });
      return saved !== undefined && matchesFilter(saved.manifest, options) ? [saved] : [];
    } catch (error) {
      const unreadable = isLodeError(error, "corrupt-format", "integrity", "unsupported");
      if (!unreadable || onUnreadable === undefined) throw error;
      onUnreadable(key, error);
      return [];
    }
  });
  return read.flat();
}

/** Whether all that is given holds for the run. */
export function matchesFilter(run: RunFacts, filter: RunFilter): boolean {
  const { runType, project, status, tags = {}, since, until } = filter;
  const created = Date.parse(run.createdAt);
  return (
    (runType === undefined || run.runType === runType) &&
    (project === undefined || run.project === project) &&
    (status === undefined || run.status === status) &&
    (since === undefined || created >= since.getTime()) &&
    (until === undefined || created < until.getTime()) &&
    Object.entries(tags).every(
      ([name, value]) => Object.hasOwn(run.tags, name) && run.tags[name] === value,
    )
  );
}
