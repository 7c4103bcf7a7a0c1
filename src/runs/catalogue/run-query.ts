import { LodeError } from "../../errors.js";
import type { SqliteDatabase, SqliteValue } from "../../index/index.js";
import type { RunFilter } from "../housekeeping/index.js";
import type { JsonValue } from "../manifest/index.js";
import { type CatalogueRun, RUN_COLUMNS, type RunRow, runOf } from "./catalogue-run.js";
import { type Position, readCursor, writeCursor } from "./cursor.js";
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

/** By a metric only runs that have it, other than NaN. Runs that are equal in it come by their ids. */
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
  const { order = "createdAt", descending = true, limit = DEFAULT_LIMIT, cursor } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw invalid(`a page cannot have ${limit} runs: give 1 to ${MAX_LIMIT}`);
  }
  const where = new Conditions();
  addFilters(where, query);
  let from = "runs";
  let key = "created_ms";
  if (order !== "createdAt") {
    from = "runs JOIN metrics AS sorted ON sorted.run = runs.id";
    key = "sorted.value";
    where.add("sorted.name = ? AND sorted.value IS NOT NULL", storedText(order.metric));
  }
  if (cursor !== undefined) {
    const [value, runId] = readCursor(cursor);
    where.add(`(${key}, run_id) ${descending ? "<" : ">"} (?, ?)`, value, runId);
  }
  const direction = descending ? "DESC" : "ASC";
  // One more tells whether there is a next page.
  const rows = database.rows<[...RunRow, number]>(
    `SELECT ${RUN_COLUMNS}, ${key} FROM ${from} WHERE ${where.sql}
     ORDER BY ${key} ${direction}, run_id ${direction} LIMIT ${limit + 1}`,
    where.values,
  );
  const page = rows.slice(0, limit);
  const last = rows.length > limit ? page.at(-1) : undefined;
  return {
    runs: page.map((row) => runOf(database, row.slice(0, -1) as RunRow)),
    cursor: last === undefined ? null : writeCursor([last.at(-1), last[1]] as Position),
  };
}

class Conditions {
  readonly #parts = ["deleted = 0"];
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
  const data = hash !== undefined || digest !== undefined;
  const known = column === undefined ? "uses" : "columns";
  const of: readonly (readonly [string, string | undefined])[] = [
    [`${known}.role`, role],
    [`${known}.name`, name && storedText(name)],
    ["uses.blob", hash],
    ["uses.digest", digest],
    ['columns."column"', column && storedText(column)],
  ];
  const given = of.filter((entry): entry is [string, string] => entry[1] !== undefined);
  if (given.length === 0) throw invalid("tell of the data its hash, digest, name, column or role");
  const join = data && column !== undefined ? " JOIN uses USING (run, role, name)" : "";
  const conditions = given.map(([field]) => `${field} = ?`).join(" AND ");
  where.add(
    `runs.id IN (SELECT ${known}.run FROM ${known}${join} WHERE ${conditions})`,
    ...given.map(([, value]) => value),
  );
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
