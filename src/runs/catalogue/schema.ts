/**
 * The tables. A file of another version is another file: what is in it can be made anew. `head_key` and `etag` tell which
 * state of a run a row shows; `created_ms` is in milliseconds since 1970, as texts of times need not sort.
 */
export const SCHEMA_VERSION = 1;

export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    head_key TEXT NOT NULL UNIQUE,
    etag TEXT NOT NULL,
    run_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    run_type TEXT NOT NULL,
    project TEXT,
    status TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_ms REAL NOT NULL,
    started_at TEXT,
    ended_at TEXT,
    parent_run TEXT,
    model TEXT,
    model_version TEXT
  );
  CREATE INDEX runs_by_id ON runs (run_id);
  CREATE INDEX runs_by_time ON runs (created_ms, run_id);
  CREATE INDEX runs_by_project ON runs (project, created_ms);
  CREATE INDEX runs_by_parent ON runs (parent_run);
  CREATE INDEX runs_by_model ON runs (model, model_version);

  CREATE TABLE tags (
    run INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, name)
  ) WITHOUT ROWID;
  CREATE INDEX tags_by_value ON tags (name, value, run);

  CREATE TABLE metrics (
    run INTEGER NOT NULL, name TEXT NOT NULL, value REAL, PRIMARY KEY (run, name)
  ) WITHOUT ROWID;
  CREATE INDEX metrics_by_value ON metrics (name, value, run);

  CREATE TABLE params (
    run INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run, name)
  ) WITHOUT ROWID;
  CREATE INDEX params_by_value ON params (name, value, run);

  CREATE TABLE uses (
    run INTEGER NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL, blob TEXT NOT NULL, digest TEXT,
    PRIMARY KEY (run, role, name)
  ) WITHOUT ROWID;
  CREATE INDEX uses_by_blob ON uses (blob, role, run);
  CREATE INDEX uses_by_digest ON uses (digest, role, run);
  CREATE INDEX uses_by_name ON uses (name, role, run);

  CREATE TABLE columns (
    run INTEGER NOT NULL, role TEXT NOT NULL, name TEXT NOT NULL, "column" TEXT NOT NULL,
    PRIMARY KEY (run, role, name, "column")
  ) WITHOUT ROWID;
  CREATE INDEX columns_by_column ON columns ("column", role, run);
  `,
];

/** Tables with rows of runs. */
export const PARTS = ["tags", "metrics", "params", "uses", "columns"] as const;
