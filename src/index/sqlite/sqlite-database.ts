import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type LibsqlDatabase from "libsql";
import { LodeError } from "../../errors.js";
import { loadLibsql } from "./load-libsql.js";
import { sqliteError } from "./sqlite-error.js";
import { checkValues, type SqliteRow } from "./sqlite-value.js";

const BUSY_TIMEOUT_MS = 30_000;
/** SQLite's own 2 MiB make many small inserts into large indexes slow. */
const CACHE_KIB = 64 * 1024;
const IN_MEMORY = ":memory:";

export interface SqliteOptions {
  /** The file must exist and is not changed. */
  readonly readOnly?: boolean | undefined;
  /** How long a statement waits for other writers. Default 30,000. */
  readonly busyTimeoutMs?: number | undefined;
  /** Scripts that bring an older file up to date, the first makes an empty one; `user_version` counts those that ran. */
  readonly migrations?: readonly string[] | undefined;
  /** Of the databases of this kind, 31 bits: one that has tables and another id is refused as `corrupt-format`. */
  readonly applicationId?: number | undefined;
}

type Statement = ReturnType<LibsqlDatabase.Database["prepare"]>;

/**
 * A database of SQLite: in a file, with a write-ahead log, which several processes may use, or `:memory:`. Every call
 * throws only `LodeError`: `corrupt-format` for a damaged file, `timeout` for one that others keep locked.
 */
export class SqliteDatabase implements Disposable {
  readonly path: string;
  readonly #database: LibsqlDatabase.Database;
  readonly #statements = new Map<string, Statement>();

  private constructor(path: string, database: LibsqlDatabase.Database) {
    this.path = path;
    this.#database = database;
  }

  /** Throws also `not-found` (a read-only one), `unsupported` (a newer version, or no SQLite for this platform). */
  static async open(place: string, options: SqliteOptions = {}): Promise<SqliteDatabase> {
    const { readOnly = false, busyTimeoutMs: timeout = BUSY_TIMEOUT_MS } = options;
    const Libsql = await loadLibsql();
    const path = place === IN_MEMORY ? place : resolve(place);
    if (readOnly && !existsSync(path)) throw missing(path);
    let database: LibsqlDatabase.Database;
    try {
      if (!readOnly && path !== IN_MEMORY) await mkdir(dirname(path), { recursive: true });
      const target = readOnly ? `${pathToFileURL(path).href}?mode=ro` : path;
      database = new Libsql(target, { timeout });
    } catch (error) {
      throw sqliteError(error, path);
    }
    const opened = new SqliteDatabase(path, database);
    try {
      opened.#checkOwner(options);
      if (!readOnly) opened.#begin(options);
      return opened;
    } catch (error) {
      opened.close();
      throw error;
    }
  }

  /** Runs statements without values, as those that make tables. */
  exec(sql: string): void {
    this.#guarded(() => this.#database.exec(sql));
  }

  /** The number of rows that the statement changed. */
  run(sql: string, values: SqliteRow = []): number {
    return this.#guarded(() => this.#statement(sql).run(checkValues(values)).changes);
  }

  /** All rows that the query gives. `T` tells their columns. */
  rows<T extends SqliteRow>(sql: string, values: SqliteRow = []): T[] {
    return this.#guarded(() => this.#statement(sql).raw().all(checkValues(values)) as T[]);
  }

  /** All that `work` does, or nothing. It must not wait. */
  transaction<T>(work: () => T): T {
    this.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.exec("COMMIT");
      return result;
    } catch (error) {
      // SQLite has rolled back already after some failures, as that of a full disk.
      if (this.#database.inTransaction) this.exec("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    if (this.#database.open) this.#guarded(() => this.#database.close());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Before anything is changed. */
  #checkOwner({ applicationId: wanted }: SqliteOptions): void {
    if (wanted === undefined) return;
    // In this order: another process may be making tables and id, which come together.
    if (this.rows("SELECT 1 FROM sqlite_master LIMIT 1").length === 0) return;
    if (this.rows<[number]>("PRAGMA application_id")[0]?.[0] === wanted) return;
    throw new LodeError({
      code: "corrupt-format",
      message: `${this.path} is a database of another kind; give another path`,
      uri: `file://${this.path}`,
    });
  }

  #begin({ migrations, applicationId }: SqliteOptions): void {
    this.rows("PRAGMA journal_mode = WAL");
    // A power cut may take the last commits, never the file's order.
    this.exec("PRAGMA synchronous = NORMAL");
    this.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
    if (migrations === undefined || this.#version() === migrations.length) return;
    this.transaction(() => {
      // Another process may have been faster.
      const done = this.#version();
      if (done > migrations.length) throw newer(this.path, done, migrations.length);
      for (const script of migrations.slice(done)) this.exec(script);
      this.exec(`PRAGMA user_version = ${migrations.length}`);
      if (applicationId !== undefined) this.exec(`PRAGMA application_id = ${applicationId}`);
    });
  }

  #version(): number {
    return this.rows<[number]>("PRAGMA user_version")[0]?.[0] ?? 0;
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteError(error, this.path);
    }
  }
}

function missing(path: string): LodeError {
  return new LodeError({
    code: "not-found",
    message: `there is no database ${path}; make it first`,
    uri: `file://${path}`,
  });
}

function newer(path: string, version: number, known: number): LodeError {
  return new LodeError({
    code: "unsupported",
    message: `the database ${path} has version ${version}, and ${known} is the newest that is known here; update Lodestore`,
    uri: `file://${path}`,
  });
}
