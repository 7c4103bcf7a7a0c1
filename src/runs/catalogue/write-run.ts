import type { SqliteDatabase } from "../../index/index.js";
import type { SavedRun } from "../commit/index.js";
import type { RunManifest } from "../manifest/index.js";
import { PARTS } from "./schema.js";
import { storedText } from "./stored-text.js";

/** Puts what a run tells in the place of what it told before. Within a transaction. */
export function writeRun(database: SqliteDatabase, headKey: string, saved: SavedRun): void {
  removeRun(database, headKey);
  const { manifest, head } = saved;
  database.run(
    `INSERT INTO runs (head_key, etag, run_id, revision, deleted, run_type, project, status, created_at, created_ms,
       started_at, ended_at, parent_run, model, model_version)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      headKey,
      head.etag,
      manifest.runId,
      manifest.revision,
      head.head.deletedAt === null ? 0 : 1,
      manifest.runType,
      optional(manifest.project),
      manifest.status,
      manifest.createdAt,
      Date.parse(manifest.createdAt),
      manifest.startedAt,
      manifest.endedAt,
      optional(manifest.parentRun),
      optional(manifest.model?.name),
      optional(manifest.model?.version),
    ],
  );
  const [row] = database.rows<[number]>("SELECT id FROM runs WHERE head_key = ?", [headKey]);
  if (row !== undefined) writeParts(database, row[0], manifest);
}

export function removeRun(database: SqliteDatabase, headKey: string): void {
  if (database.rows("SELECT 1 FROM runs WHERE head_key = ?", [headKey]).length === 0) return;
  for (const part of PARTS) {
    database.run(`DELETE FROM ${part} WHERE run = (SELECT id FROM runs WHERE head_key = ?)`, [
      headKey,
    ]);
  }
  database.run("DELETE FROM runs WHERE head_key = ?", [headKey]);
}

/** Names that differ only in what {@link storedText} replaces are one here. */
function writeParts(database: SqliteDatabase, run: number, manifest: RunManifest): void {
  const pair = (table: string, name: string, value: string | number): number =>
    database.run(`INSERT OR REPLACE INTO ${table} VALUES (?, ?, ?)`, [
      run,
      storedText(name),
      value,
    ]);
  for (const [name, value] of Object.entries(manifest.tags)) pair("tags", name, storedText(value));
  for (const [name, value] of Object.entries(manifest.metrics)) pair("metrics", name, value);
  for (const [name, value] of Object.entries(manifest.params)) {
    pair("params", name, JSON.stringify(value));
  }
  for (const [role, references] of [
    ["input", manifest.inputs],
    ["output", manifest.outputs],
  ] as const) {
    for (const [key, { hash, digest, columns = [] }] of Object.entries(references)) {
      const name = storedText(key);
      database.run("INSERT OR REPLACE INTO uses VALUES (?, ?, ?, ?, ?)", [
        run,
        role,
        name,
        hash,
        optional(digest),
      ]);
      if (columns.length === 0) continue;
      database.run("INSERT OR REPLACE INTO columns SELECT ?, ?, ?, value FROM json_each(?)", [
        run,
        role,
        name,
        JSON.stringify(columns.map(storedText)),
      ]);
    }
  }
  const { blob, name = "model" } = manifest.model ?? {};
  if (blob === undefined) return;
  database.run("INSERT INTO uses VALUES (?, 'model', ?, ?, NULL)", [run, storedText(name), blob]);
}

function optional(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : storedText(text);
}
