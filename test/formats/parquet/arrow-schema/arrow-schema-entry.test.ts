import * as arrow from "apache-arrow";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { arrowTable, type Field } from "../../../../src/formats/index.js";
import { arrowSchemaEntry } from "../../../../src/formats/parquet/arrow-schema/index.js";
import { LEAF_TYPES, randomTable } from "../table-writer/random-table.js";

/** Without a column of such a type there is no entry. */
const SPAN: Field = { name: "\0span", type: { kind: "duration", unit: "us" }, nullable: false };

/** The fields as apache-arrow reads them. */
function readBack(fields: readonly Field[]): readonly Field[] {
  const text = arrowSchemaEntry(fields)["ARROW:schema"] as string;
  return arrowTable(arrow.tableFromIPC(Buffer.from(text, "base64"))).schema.fields;
}

describe("arrowSchemaEntry", () => {
  it("tells every type to apache-arrow", () => {
    const fields = LEAF_TYPES.map((type, i) => ({ name: `é${i}`, type, nullable: i % 2 === 0 }));
    expect(readBack(fields)).toEqual(fields);
  });

  it("tells fields of any depth", () => {
    fc.assert(
      fc.property(randomTable, ({ fields }) => {
        expect(readBack([SPAN, ...fields])).toEqual([SPAN, ...fields]);
      }),
    );
  });

  it("tells many fields", () => {
    const fields = Array.from({ length: 3000 }, (_, i) => ({ ...SPAN, name: `column ${i}` }));
    expect(readBack(fields)).toEqual(fields);
  });

  it("is not there for what Parquet has types for", () => {
    const fields = LEAF_TYPES.filter(
      (type) => type.kind !== "duration" && !("unit" in type && type.unit === "s"),
    ).filter((type) => !("zone" in type) || type.zone === "UTC");
    expect(fields.length).toBeGreaterThan(20);
    const all = fields.map((type, i) => ({ name: `${i}`, type, nullable: true }));
    expect(arrowSchemaEntry(all)).toEqual({});
  });
});
