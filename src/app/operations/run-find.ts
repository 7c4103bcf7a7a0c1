import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { isBlobId } from "../../cas/index.js";
import { isLodeError } from "../../errors.js";
import type { CatalogueUse, DataQuery, RunStore } from "../../runs/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { askCatalogue } from "./run-catalogue.js";
import { chosenData, DIGEST } from "./run-data.js";
import { withRuns } from "./run-place.js";

export interface FoundByData {
  /** The blob that was looked for; undefined where only a digest was given. */
  readonly blob: string | undefined;
  /** Equal values count too, however they are stored. */
  readonly digest: string | undefined;
  readonly runs: readonly CatalogueUse[];
}

export interface RunFindOptions {
  /** False: read the runs, without the catalogue. */
  readonly index?: boolean | undefined;
}

/**
 * The runs that use data: of a local file or an object of any store its content, else what {@link chosenData} takes.
 * Data that is not in the store is used by none.
 */
export function findRuns(
  app: AppContext,
  place: string | undefined,
  text: string,
  { index = true }: RunFindOptions = {},
): Promise<FoundByData> {
  return withRuns(app, place, async (runs) => {
    const { signal } = app;
    const query = await queryOf(app, runs, text);
    const found =
      (index ? await foundByCatalogue(app, runs, query) : undefined) ??
      (await runs.findRunsByData(query, { signal })).map(({ run, uses }) => ({
        runId: run.id,
        uses,
      }));
    if (typeof query !== "string") return { blob: query.hash, digest: query.digest, runs: found };
    return isBlobId(query)
      ? { blob: query, digest: undefined, runs: found }
      : { blob: undefined, digest: query, runs: found };
  });
}

async function foundByCatalogue(
  app: AppContext,
  runs: RunStore,
  query: DataQuery,
): Promise<CatalogueUse[] | undefined> {
  const { signal } = app;
  const { RunCatalogue: Catalogue } = await import("../../runs/index.js");
  const users = await Catalogue.countUsers(runs, query, { signal });
  if (users <= Catalogue.FEW_RUNS) return undefined;
  let unreadable = false;
  return askCatalogue(app, runs, {
    isFaster: (catalogue) => catalogue.findsFaster(users, { signal }),
    onUnreadable: () => {
      unreadable = true;
    },
    // Only a look at the runs themselves tells whether it is one of them that is damaged.
    ask: async (catalogue) =>
      unreadable ? undefined : catalogue.findRunsByData(query, { signal }),
  });
}

async function queryOf(app: AppContext, runs: RunStore, text: string): Promise<DataQuery> {
  if (DIGEST.test(text)) return text;
  const id = isBlobId(text) ? text : await contentHash(app, text);
  try {
    return await chosenData(runs, id ?? text, app.signal);
  } catch (error) {
    if (id === undefined || !isLodeError(error, "not-found")) throw error;
    return id;
  }
}

/** SHA-256 of a file, or of an object by its URI; undefined for other text. */
async function contentHash(app: AppContext, text: string): Promise<string | undefined> {
  const location = locationOf(text, app.config.cwd);
  if (location.bare && !(await isFile(`/${location.uri.key}`))) return undefined;
  const { store, key } = await app.stores.locate(location);
  const hash = createHash("sha256");
  for await (const chunk of (await store.get(key, { signal: app.signal })).body) hash.update(chunk);
  return hash.digest("hex");
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return false;
    throw error;
  }
}
