import { createHash } from "node:crypto";
import type { SqliteDatabase } from "../../index/index.js";
import type { RunRows } from "./run-rows.js";
import { PARTS } from "./schema.js";
import { storedText } from "./stored-text.js";

/** What was seen of a run since its row was. */
export interface SeenRun {
  readonly headKey: string;
  /** The etag of its row when the run was read after it; undefined if it had none. */
  readonly before: string | undefined;
  /** Undefined if the run is gone, or cannot be read. */
  readonly rows: RunRows | undefined;
}

/**
 * Puts what runs tell in the place of what they told before, all in one transaction and with a statement a table. A row
 * that another process wrote meanwhile may be newer than what was read here, and is left: such runs are returned, with
 * the etags that their rows have now, to be read again.
 */
export function writeRuns(
  database: SqliteDatabase,
  seen: readonly SeenRun[],
): Map<string, string | undefined> {
  const overtaken = new Map<string, string | undefined>();
  if (seen.length === 0) return overtaken;
  database.transaction(() => {
    const now = etagsNow(
      database,
      seen.map(({ headKey }) => headKey),
    );
    const fresh = seen.filter(({ headKey, before, rows }) => {
      const etag = now.get(headKey);
      const same = etag === rows?.etag;
      if (!same && etag !== before) overtaken.set(headKey, etag);
      return !same && etag === before;
    });
    removeRuns(
      database,
      fresh.map(({ headKey }) => headKey).filter((key) => now.has(key)),
    );
    insertRuns(database, fresh);
  });
  return overtaken;
}

function etagsNow(database: SqliteDatabase, keys: readonly string[]): Map<string, string> {
  return new Map(
    database.rows<[string, string]>(
      "SELECT head_key, etag FROM runs WHERE head_key IN (SELECT value FROM json_each(?))",
      [JSON.stringify(keys)],
    ),
  );
}

function removeRuns(database: SqliteDatabase, keys: readonly string[]): void {
  if (keys.length === 0) return;
  const which = "WHERE head_key IN (SELECT value FROM json_each(?))";
  const values = [JSON.stringify(keys)];
  for (const part of PARTS) {
    database.run(`DELETE FROM ${part} WHERE run IN (SELECT id FROM runs ${which})`, values);
  }
  database.run(`DELETE FROM runs ${which}`, values);
}

function insertRuns(database: SqliteDatabase, seen: readonly SeenRun[]): void {
  const [last] = database.rows<[number]>("SELECT coalesce(max(id), 0) FROM runs");
  let id = last?.[0] ?? 0;
  const schemas = new Schemas();
  const runs: unknown[] = [];
  const tags: unknown[] = [];
  const metrics: unknown[] = [];
  const params: unknown[] = [];
  const uses: unknown[] = [];
  for (const { headKey, rows } of seen) {
    if (rows === undefined) continue;
    id++;
    runs.push([id, headKey, ...rows.run]);
    for (const row of rows.tags) tags.push([id, ...row]);
    for (const row of rows.metrics) metrics.push([id, ...row]);
    for (const row of rows.params) params.push([id, ...row]);
    for (const { row, columns } of rows.uses) uses.push([id, ...row, schemas.hashOf(columns)]);
  }
  schemas.insert(database);
  insert(database, "runs", runs, 18);
  insert(database, "tags", tags, 3);
  insert(database, "metrics", metrics, 3);
  insert(database, "params", params, 3);
  insert(database, "uses", uses, 7, "(SELECT id FROM schemas WHERE hash = value->>6)");
}

/** `last` takes the place of the last one of the row's values. */
function insert(
  database: SqliteDatabase,
  table: string,
  rows: readonly unknown[],
  width: number,
  last = `value->>${width - 1}`,
): void {
  if (rows.length === 0) return;
  const values = Array.from({ length: width - 1 }, (_, index) => `value->>${index}`);
  database.run(`INSERT INTO ${table} SELECT ${[...values, last].join(", ")} FROM json_each(?)`, [
    JSON.stringify(rows),
  ]);
}

/** Lists of columns by the SHA-256 of their names. Those that no run has any more stay: they find nothing. */
class Schemas {
  readonly #lists = new Map<string, readonly string[]>();

  /** Null for data without columns. */
  hashOf(columns: readonly string[]): string | null {
    if (columns.length === 0) return null;
    const names = columns.map(storedText);
    const hash = createHash("sha256").update(JSON.stringify(names)).digest("hex");
    this.#lists.set(hash, names);
    return hash;
  }

  insert(database: SqliteDatabase): void {
    if (this.#lists.size === 0) return;
    const hashes = [...this.#lists.keys()];
    const known = database.rows<[string]>(
      "SELECT hash FROM schemas WHERE hash IN (SELECT value FROM json_each(?))",
      [JSON.stringify(hashes)],
    );
    for (const [hash] of known) this.#lists.delete(hash);
    if (this.#lists.size === 0) return;
    database.run("INSERT INTO schemas (hash) SELECT value FROM json_each(?)", [
      JSON.stringify([...this.#lists.keys()]),
    ]);
    database.run(
      `INSERT OR IGNORE INTO schema_columns
       SELECT column.value, schemas.id FROM json_each(?) AS list
       JOIN schemas ON schemas.hash = list.value->>0 JOIN json_each(list.value->1) AS column`,
      [JSON.stringify([...this.#lists])],
    );
  }
}
