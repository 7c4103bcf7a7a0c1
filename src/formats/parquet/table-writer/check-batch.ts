import {
  type ColumnType,
  type ColumnValues,
  type ListData,
  type StructData,
  type TableBatch,
  typeText,
} from "../../table/index.js";
import { invalid } from "../column.js";
import type { FieldNode } from "./field-tree.js";

/**
 * Throws `invalid-argument` unless a batch has the shape that its schema says: arrays of the right kind and length,
 * offsets that rise within their items. Single values of strings, bytes and decimals are checked when they are encoded.
 */
export function checkBatch(nodes: readonly FieldNode[], batch: TableBatch): void {
  const { rows, columns } = batch;
  if (!(Number.isSafeInteger(rows) && rows >= 0))
    throw invalid(`a batch says to have ${rows} rows`);
  if (columns.length !== nodes.length) {
    throw invalid(`a batch has ${columns.length} columns where the schema has ${nodes.length}`);
  }
  for (const [i, node] of nodes.entries()) checkValues(node, columns[i] as ColumnValues, rows, "");
}

function checkValues(node: FieldNode, values: ColumnValues, length: number, above: string): void {
  const { name, type } = node.field;
  const path = above === "" ? name : `${above}.${name}`;
  const wrong = (why: string) =>
    invalid(`the column ${JSON.stringify(path)} of ${typeText(type)} ${why}`);
  const { data, valid } = values;
  if (values.length !== length) throw wrong(`has ${values.length} values where ${length} belong`);
  if (valid !== undefined && !(valid instanceof Uint8Array && valid.length === length)) {
    throw wrong("needs one byte for each value that tells whether it is there");
  }
  if (type.kind === "struct") {
    const { fields } = data as StructData;
    if (!Array.isArray(fields) || fields.length !== node.children.length) {
      throw wrong("needs the values of each of its fields");
    }
    for (const [i, child] of node.children.entries()) checkValues(child, fields[i], length, path);
    return;
  }
  if (type.kind === "list") {
    const { offsets, items } = data as ListData;
    if (!(offsets instanceof Int32Array && offsets.length === length + 1)) {
      throw wrong(`needs an Int32Array of ${length + 1} offsets`);
    }
    checkOffsets(offsets, items.length, wrong);
    checkValues(node.children[0] as FieldNode, items, items.length, path);
    return;
  }
  const kind = arrayOf(type);
  if (!(data instanceof kind))
    throw wrong(`needs ${kind === Array ? "an array" : `a ${kind.name}`}`);
  if (data.length !== length) throw wrong(`has ${data.length} values where ${length} belong`);
}

function checkOffsets(offsets: Int32Array, items: number, wrong: (why: string) => Error): void {
  let before = 0;
  for (const offset of offsets) {
    if (offset < before) throw wrong("has offsets that do not rise from 0 on");
    before = offset;
  }
  if (before > items) throw wrong(`has offsets up to ${before} where ${items} items are`);
}

type ArrayKind = new (length: number) => { readonly length: number };

const INTEGERS: Readonly<Record<string, ArrayKind>> = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
};

const FLOATS = { 16: Uint16Array, 32: Float32Array, 64: Float64Array } as const;

function arrayOf(type: ColumnType): ArrayKind {
  switch (type.kind) {
    case "bool":
      return Uint8Array;
    case "int":
      return INTEGERS[typeText(type)] as ArrayKind;
    case "float":
      return FLOATS[type.bits];
    case "date":
      return Int32Array;
    case "timestamp":
    case "time":
    case "duration":
      return BigInt64Array;
    default:
      return Array;
  }
}
