import { LodeError } from "../../errors.js";
import type { SqliteDatabase } from "../../index/index.js";
import { shownText, storedText } from "./stored-text.js";

const MAX_DEPTH = 1000;

/** Data that one run put out and another took in: the same bytes, or equal values. */
export interface RunEdge {
  readonly producer: string;
  /** What the producer calls it. */
  readonly output: string;
  readonly consumer: string;
  /** What the consumer calls it. */
  readonly input: string;
  /** Steps from the run that was asked about; the first is 1. */
  readonly depth: number;
}

const EDGES = `
  FROM uses AS i JOIN uses AS o ON o.role = 'output' AND o.run <> i.run
  JOIN runs AS producer ON producer.id = o.run AND producer.deleted = 0
  JOIN runs AS consumer ON consumer.id = i.run AND consumer.deleted = 0
  WHERE i.role = 'input'`;

/** By bytes and by digest apart, so that each is a search in an index. */
function edgesFrom(end: "i" | "o"): string {
  const one = (same: string) =>
    `SELECT producer.run_id, o.name, consumer.run_id, i.name ${EDGES} AND ${end}.run = ?1 AND ${same}`;
  return `${one("o.blob = i.blob")} UNION ${one("o.digest = i.digest")} ORDER BY 1, 2, 3, 4`;
}

/**
 * The edges that lead to a run (`upstream`: what its inputs were made by), or from it, up to `depth` steps away, the
 * nearest first. Each edge is told once, also in circles. Throws `not-found`, `invalid-argument`.
 */
export function runEdges(
  database: SqliteDatabase,
  runId: string,
  direction: "upstream" | "downstream",
  depth = MAX_DEPTH,
): RunEdge[] {
  if (!Number.isInteger(depth) || depth < 1) {
    throw new LodeError({
      code: "invalid-argument",
      message: `the depth of a search is 1 or more steps, not ${depth}`,
    });
  }
  const sql = edgesFrom(direction === "upstream" ? "i" : "o");
  const edges: RunEdge[] = [];
  const seen = new Set([runId]);
  let level = [runId];
  if (idsOf(database, runId).length === 0) {
    throw new LodeError({
      code: "not-found",
      message: `the catalogue has no run ${JSON.stringify(runId)}; sync it if the run is new`,
    });
  }
  for (let step = 1; level.length > 0 && step <= depth; step++) {
    const next: string[] = [];
    for (const id of level.flatMap((each) => idsOf(database, each))) {
      const rows = database.rows<[string, string, string, string]>(sql, [id]);
      for (const row of rows) {
        const [producer, output, consumer, input] = row.map(shownText) as typeof row;
        edges.push({ producer, output, consumer, input, depth: step });
        const other = direction === "upstream" ? producer : consumer;
        if (seen.has(other)) continue;
        seen.add(other);
        next.push(other);
      }
    }
    level = next;
  }
  return edges;
}

function idsOf(database: SqliteDatabase, runId: string): number[] {
  const sql = "SELECT id FROM runs WHERE run_id = ? AND deleted = 0";
  return database.rows<[number]>(sql, [storedText(runId)]).map(([id]) => id);
}
