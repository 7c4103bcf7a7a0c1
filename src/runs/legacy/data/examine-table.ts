import { createHash } from "node:crypto";
import { tableDigest } from "../../../cas/index.js";
import { isLodeError } from "../../../errors.js";
import { parquetTable, type RangeReader, type TableBatch } from "../../../formats/index.js";
import { FrameRows, type PandasMetadata, pandasMetadata } from "../legacy-hash/index.js";
import type { Examined, LegacyAlgorithm } from "./examined.js";

/** Names of numpy's types that pandas and numpy spell alike. */
const PLAIN_NUMBER = /^(?:u?int|float)(?:8|16|32|64)$|^bool$/;

/**
 * The frame in a Parquet file, read once: its logical digest, and the hash that mltrack gave it. Throws `corrupt-format`,
 * `integrity` and `unsupported` as `parquetTable` does.
 */
export async function examineTable(
  reader: RangeReader,
  algorithm: LegacyAlgorithm,
  signal: AbortSignal | undefined,
): Promise<Examined> {
  const table = await parquetTable(reader, { signal });
  const hash = createHash(algorithm);
  const frame = new FrameRows(table.schema);
  let rows = 0;
  let unverifiable: string | undefined;
  async function* tapped(): AsyncGenerator<TableBatch, void, undefined> {
    for await (const batch of table.batches) {
      rows += batch.rows;
      try {
        if (unverifiable === undefined) hash.update(frame.next(batch));
      } catch (error) {
        if (!isLodeError(error, "unsupported")) throw error;
        unverifiable = error.message;
      }
      yield batch;
    }
  }
  const digest = await tableDigest({ schema: table.schema, batches: tapped() }, { signal });
  const noted = pandasMetadata(table.schema);
  const columns = columnsOf(table.schema.fields, noted);
  return {
    type: "table",
    shape: [rows, columns.length],
    columns,
    dtype: dtypesOf(columns, noted),
    digest,
    hashes: unverifiable === undefined ? [hash.digest("hex")] : [],
    unverifiable,
  };
}

function columnsOf(fields: readonly { readonly name: string }[], noted: PandasMetadata): string[] {
  const index = "columns" in noted.index ? noted.index.columns : [];
  return fields.map(({ name }) => name).filter((name) => !index.includes(name));
}

function dtypesOf(columns: readonly string[], noted: PandasMetadata): Record<string, string> {
  const types: [string, string][] = [];
  for (const name of columns) {
    const { pandasType, numpyType = "" } = noted.columns.get(name) ?? {};
    if (pandasType !== "categorical" && PLAIN_NUMBER.test(numpyType)) types.push([name, numpyType]);
  }
  return Object.fromEntries(types);
}
