import { LodeError } from "../../errors.js";
import type { SqliteDatabase, SqliteValue } from "../../index/index.js";
import type { RunFilter } from "../housekeeping/index.js";
import type { JsonValue } from "../manifest/index.js";
import { type CatalogueRun, RUN_COLUMNS, type RunRow, runOf } from "./catalogue-run.js";
import { readCursor, writeCursor } from "./cursor.js";
import { storedText } from "./stored-text.js";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;
/** No metric that is NaN fulfils any of them. */
const OPERATORS = ["<", "<=", "=", ">=", ">"] as const;
export type MetricOperator = (typeof OPERATORS)[number];

export interface MetricFilter {
  readonly name: string;
  readonly operator: MetricOperator;
  readonly value: number;
}

/** Runs that use data for which all that is given holds. */
export interface DataFilter {
  readonly role?: "input" | "output" | "model" | undefined;
  /** What a run calls it. */
  readonly name?: string | undefined;
  /** The id of its blob. */
  readonly hash?: string | undefined;
  readonly digest?: string | undefined;
  /** One of the columns of a table. */
  readonly column?: string | undefined;
}

/** By a metric only runs that have it, other than NaN. Runs that are equal in it come by their ids' keys. */
export type RunOrder = "createdAt" | { readonly metric: string };

/** Which runs are meant: those for which all that is given holds. */
export interface RunQuery extends RunFilter {
  readonly model?: { readonly name: string; readonly version?: string | undefined } | undefined;
  /** All of these, with these values. */
  readonly params?: Readonly<Record<string, JsonValue>> | undefined;
  readonly metrics?: readonly MetricFilter[] | undefined;
  /** The id of the run that started them. */
  readonly parentRun?: string | undefined;
  readonly data?: DataFilter | undefined;
  /** Deleted runs, which can be restored, instead of the others. */
  readonly deleted?: boolean | undefined;
  /** Default `createdAt`. */
  readonly order?: RunOrder | undefined;
  /** Default true: the newest, or the greatest, first. */
  readonly descending?: boolean | undefined;
  /** 1 to 10,000; default 100. */
  readonly limit?: number | undefined;
  /** Of the page before; the rest of the query must be the same. */
  readonly cursor?: string | undefined;
}

export interface RunPage {
  readonly runs: readonly CatalogueRun[];
  /** For the next page; null if there is none. */
  readonly cursor: string | null;
}

/** Throws `invalid-argument`. */
export function queryRuns(database: SqliteDatabase, query: RunQuery): RunPage {
  const { limit = DEFAULT_LIMIT } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw invalid(`a page cannot have ${limit} runs: give 1 to ${MAX_LIMIT}`);
  }
  // One more tells whether there is a next page.
  const { sql, values } = runsQuery(query, limit + 1);
  const rows = database.rows<[headKey: string, key: number, ...RunRow]>(sql, values);
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    runs: page.map(([, , ...row]) => runOf(row)),
    cursor: last === undefined ? null : writeCursor([last[1], last[0]]),
  };
}

/** The statement that finds the runs, at most `limit` of them. Throws `invalid-argument`. */
export function runsQuery(
  query: RunQuery,
  limit: number,
): { readonly sql: string; readonly values: readonly SqliteValue[] } {
  const { order = "createdAt", descending = true, cursor, deleted = false } = query;
  const where = new Conditions();
  // No parameter: SQLite has to see that the index of deleted runs is meant.
  where.add(`deleted = ${deleted ? 1 : 0}`);
  addFilters(where, query);
  let from = "runs";
  let key = "created_ms";
  if (order !== "createdAt") {
    from = "runs JOIN metrics AS sorted ON sorted.run = runs.id";
    key = "sorted.value";
    where.add("sorted.name = ? AND sorted.value IS NOT NULL", storedText(order.metric));
  }
  if (cursor !== undefined) {
    const [value, headKey] = readCursor(cursor);
    where.add(`(${key}, head_key) ${descending ? "<" : ">"} (?, ?)`, value, headKey);
  }
  const direction = descending ? "DESC" : "ASC";
  return {
    sql: `SELECT head_key, ${key}, ${RUN_COLUMNS} FROM ${from} WHERE ${where.sql}
      ORDER BY ${key} ${direction}, head_key ${direction} LIMIT ${limit}`,
    values: where.values,
  };
}

class Conditions {
  readonly #parts: string[] = [];
  readonly values: SqliteValue[] = [];

  add(sql: string, ...values: readonly SqliteValue[]): void {
    this.#parts.push(sql);
    this.values.push(...values);
  }

  get sql(): string {
    return this.#parts.join(" AND ");
  }
}

function addFilters(where: Conditions, query: RunQuery): void {
  const { runType, project, status, since, until, parentRun, model, data } = query;
  if (runType !== undefined) where.add("run_type = ?", runType);
  if (project !== undefined) where.add("project = ?", storedText(project));
  if (status !== undefined) where.add("status = ?", status);
  if (since !== undefined) where.add("created_ms >= ?", since.getTime());
  if (until !== undefined) where.add("created_ms < ?", until.getTime());
  if (parentRun !== undefined) where.add("parent_run = ?", storedText(parentRun));
  if (model !== undefined) where.add("model = ?", storedText(model.name));
  if (model?.version !== undefined) where.add("model_version = ?", storedText(model.version));
  for (const [name, value] of Object.entries(query.tags ?? {})) {
    where.add(having("tags", "value = ?"), storedText(name), storedText(value));
  }
  for (const [name, value] of Object.entries(query.params ?? {})) {
    where.add(having("params", "value = ?"), storedText(name), JSON.stringify(value));
  }
  for (const { name, operator, value } of query.metrics ?? []) {
    if (!OPERATORS.includes(operator)) {
      throw invalid(`${JSON.stringify(operator)} compares nothing: ${OPERATORS.join(", ")} do`);
    }
    where.add(having("metrics", `value ${operator} ?`), storedText(name), value);
  }
  if (data !== undefined) addData(where, data);
}

function having(table: string, condition: string): string {
  return `runs.id IN (SELECT run FROM ${table} WHERE name = ? AND ${condition})`;
}

function addData(where: Conditions, { role, name, hash, digest, column }: DataFilter): void {
  const of: readonly (readonly [string, string | undefined])[] = [
    ["role = ?", role],
    ["name = ?", name && storedText(name)],
    ["blob = ?", hash],
    ["digest = ?", digest],
    [
      'schema IN (SELECT schema FROM schema_columns WHERE "column" = ?)',
      column && storedText(column),
    ],
  ];
  const given = of.filter((entry): entry is [string, string] => entry[1] !== undefined);
  if (given.length === 0) throw invalid("tell of the data its hash, digest, name, column or role");
  const conditions = given.map(([condition]) => condition).join(" AND ");
  where.add(
    `runs.id IN (SELECT run FROM uses WHERE ${conditions})`,
    ...given.map(([, value]) => value),
  );
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
