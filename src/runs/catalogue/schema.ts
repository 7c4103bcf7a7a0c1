/**
 * Version of the tables, in `user_version`: what is in an older file is dropped and made anew. The file in the cache
 * folder has it in its name too, so that programs of two versions do not take turns at that.
 */
export const SCHEMA_VERSION = 2;

/** In `application_id`, by which a catalogue is told from other databases: "lrun" in ASCII. */
export const APPLICATION_ID = 0x6c72756e;

/**
 * `head_key` and `etag` tell which state of a run a row shows; `created_ms` is in milliseconds since 1970, as texts of
 * times need not sort; `facts` is JSON of what is shown and not searched. `place` numbers the data of a run in the order
 * of its manifest. Tables of data often have the columns of others: each list of columns is one schema.
 */
const TABLES = `
  DROP TABLE IF EXISTS about;
  DROP TABLE IF EXISTS runs;
  DROP TABLE IF EXISTS tags;
  DROP TABLE IF EXISTS metrics;
  DROP TABLE IF EXISTS params;
  DROP TABLE IF EXISTS uses;
  DROP TABLE IF EXISTS columns;

  CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    head_key TEXT NOT NULL UNIQUE,
    etag TEXT NOT NULL,
    run_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    deleted_at TEXT,
    run_type TEXT NOT NULL,
    project TEXT,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_ms REAL NOT NULL,
    started_at TEXT,
    ended_at TEXT,
    parent_run TEXT,
    model TEXT,
    model_version TEXT,
    facts TEXT NOT NULL
  );
  CREATE TABLE tags (
    run INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, name)
  ) WITHOUT ROWID;
  CREATE TABLE metrics (
    run INTEGER NOT NULL, name TEXT NOT NULL, value REAL, PRIMARY KEY (run, name)
  ) WITHOUT ROWID;
  CREATE TABLE params (
    run INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, name)
  ) WITHOUT ROWID;
  CREATE TABLE uses (
    run INTEGER NOT NULL, place INTEGER NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL,
    blob TEXT NOT NULL, digest TEXT, schema INTEGER, PRIMARY KEY (run, place)
  ) WITHOUT ROWID;
  CREATE TABLE schemas (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE);
  CREATE TABLE schema_columns (
    "column" TEXT NOT NULL, schema INTEGER NOT NULL, PRIMARY KEY ("column", schema)
  ) WITHOUT ROWID;
`;

export const MIGRATIONS: readonly string[] = [
  // Version 1 had other tables.
  "",
  TABLES,
];

/** Made when a first sync is over: sorting all rows once is far quicker than keeping each index in order meanwhile. */
export const INDEXES = `
  CREATE INDEX IF NOT EXISTS runs_by_id ON runs (run_id);
  CREATE INDEX IF NOT EXISTS runs_by_time ON runs (created_ms, head_key);
  CREATE INDEX IF NOT EXISTS runs_deleted ON runs (created_ms, head_key) WHERE deleted = 1;
  CREATE INDEX IF NOT EXISTS runs_by_project ON runs (project, created_ms, head_key);
  CREATE INDEX IF NOT EXISTS runs_by_status ON runs (status, created_ms, head_key);
  CREATE INDEX IF NOT EXISTS runs_by_type ON runs (run_type, created_ms, head_key);
  CREATE INDEX IF NOT EXISTS runs_by_parent ON runs (parent_run);
  CREATE INDEX IF NOT EXISTS runs_by_model ON runs (model, model_version);
  CREATE INDEX IF NOT EXISTS tags_by_value ON tags (name, value, run);
  CREATE INDEX IF NOT EXISTS metrics_by_value ON metrics (name, value, run);
  CREATE INDEX IF NOT EXISTS params_by_value ON params (name, value, run);
  CREATE INDEX IF NOT EXISTS uses_by_blob ON uses (blob, role, run);
  CREATE INDEX IF NOT EXISTS uses_by_digest ON uses (digest, role, run);
  CREATE INDEX IF NOT EXISTS uses_by_name ON uses (name, role, run);
  CREATE INDEX IF NOT EXISTS uses_by_schema ON uses (schema, role, run);
`;

/** The last one of {@link INDEXES}. */
export const LAST_INDEX = "uses_by_schema";

/** Tables with rows of runs. */
export const PARTS = ["tags", "metrics", "params", "uses"] as const;
