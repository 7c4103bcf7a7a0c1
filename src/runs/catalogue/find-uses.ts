import { isBlobId } from "../../cas/index.js";
import type { SqliteDatabase } from "../../index/index.js";
import type { DataQuery, DataUse } from "../housekeeping/index.js";
import { shownText } from "./stored-text.js";

export interface CatalogueUse {
  readonly runId: string;
  /** As what it uses the data. */
  readonly uses: readonly DataUse[];
}

const SELECT = "SELECT run_id, role, uses.name";
const FROM = "uses JOIN runs ON runs.id = uses.run WHERE deleted = 0";
const ORDER = "ORDER BY head_key, place";

/** The runs that use the data, in order of their ids' keys: with a digest equal values in other blobs too. */
export function findUses(database: SqliteDatabase, query: DataQuery): CatalogueUse[] {
  const rows = rowsOf(database, query);
  const uses = new Map<string, DataUse[]>();
  for (const [runId, role, name] of rows) {
    const list = uses.get(runId) ?? [];
    uses.set(runId, list);
    list.push({ role, name: shownText(name) });
  }
  return [...uses].map(([runId, list]) => ({ runId: shownText(runId), uses: list }));
}

type Row = [runId: string, role: DataUse["role"], name: string];

function rowsOf(database: SqliteDatabase, query: DataQuery): Row[] {
  if (typeof query === "string" && isBlobId(query)) {
    return database.rows<Row>(`${SELECT} FROM ${FROM} AND blob = ? ${ORDER}`, [query]);
  }
  const digest = typeof query === "string" ? query : query.digest;
  const blob = typeof query === "string" ? null : query.hash;
  if (digest === undefined)
    return database.rows<Row>(`${SELECT} FROM ${FROM} AND blob = ? ${ORDER}`, [blob]);
  // What has no digest is told by its bytes: models, and what mltrack stored. The plus keeps SQLite from searching for
  // all that have none.
  return database.rows<Row>(
    `${SELECT}, head_key, place FROM ${FROM} AND digest = ?1 UNION ALL
     ${SELECT}, head_key, place FROM ${FROM} AND +digest IS NULL
       AND blob IN (SELECT blob FROM uses WHERE digest = ?1 UNION SELECT ?2)
     ${ORDER}`,
    [digest, blob],
  );
}
