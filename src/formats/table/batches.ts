import { abortable } from "../../core/index.js";
import type { Table, TableBatch } from "./table.js";

/** The batches of a table one after the other, until the signal fires: then `aborted`. */
export function tableBatches(
  table: Table,
  signal?: AbortSignal,
): AsyncGenerator<TableBatch, void, undefined> {
  return abortable(asStream(table), signal, "read a table");
}

async function* asStream({ batches }: Table): AsyncGenerator<TableBatch, void, undefined> {
  yield* batches;
}
