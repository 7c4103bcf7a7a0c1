import type { ColumnValues, ListData, StructData, TableBatch } from "../../table/index.js";
import { invalid } from "../column.js";
import type { FieldNode, Leaf } from "./field-tree.js";

/** The places of a leaf column for some rows: each has a value, or tells by its level what is missing there. */
export interface LeafPlaces {
  readonly leaf: Leaf;
  readonly count: number;
  /** By place; absent where the leaf has no such levels. */
  readonly definition?: Uint8Array | undefined;
  readonly repetition?: Uint8Array | undefined;
  readonly values: ColumnValues;
  readonly picks: Picks;
}

/** Which of the values stand in the file: a range, or their numbers. */
export type Picks = { readonly from: number; readonly to: number } | Int32Array;

/** Where a field can have a value, by what is above it. */
interface Places {
  readonly count: number;
  /** The number of its value, or `ABSENT`; without it, place `i` has the value `from + i`. */
  readonly index?: Int32Array | undefined;
  readonly from: number;
  readonly definition?: Uint8Array | undefined;
  readonly repetition?: Uint8Array | undefined;
}

const ABSENT = -1;

/**
 * The leaf columns of some rows of a batch, by the record shredding of Dremel (Melnik et al., 2010). Throws
 * `invalid-argument` for a null where none may be.
 */
export function shredRows(
  nodes: readonly FieldNode[],
  { columns }: TableBatch,
  from: number,
  count: number,
): LeafPlaces[] {
  const found: LeafPlaces[] = [];
  for (const [i, node] of nodes.entries()) {
    shredField(node, columns[i] as ColumnValues, { from, count }, found);
  }
  return found;
}

function shredField(
  node: FieldNode,
  values: ColumnValues,
  above: Places,
  found: LeafPlaces[],
): void {
  const places = node.field.nullable
    ? withNulls(node, values, above)
    : withoutNulls(node, values, above);
  if (node.leaf !== undefined) {
    const { count, definition, repetition } = places;
    const picks = picksOf(places);
    found.push({ leaf: node.leaf, count, definition, repetition, values, picks });
  } else if (node.field.type.kind === "list") {
    const list = values.data as ListData;
    shredField(node.children[0] as FieldNode, list.items, itemPlaces(node, list, places), found);
  } else {
    const { fields } = values.data as StructData;
    for (const [i, child] of node.children.entries()) {
      shredField(child, fields[i] as ColumnValues, places, found);
    }
  }
}

function withNulls(node: FieldNode, { valid }: ColumnValues, above: Places): Places {
  const { count, from } = above;
  const definition = new Uint8Array(count).fill(node.definition);
  if (valid === undefined && above.index === undefined) return { ...above, definition };
  const index = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const value = above.index === undefined ? from + i : (above.index[i] as number);
    const there = value !== ABSENT && valid?.[value] !== 0;
    index[i] = there ? value : ABSENT;
    if (value === ABSENT) definition[i] = above.definition?.[i] as number;
    else if (!there) definition[i] = node.definition - 1;
  }
  return { ...above, index, definition };
}

function withoutNulls(node: FieldNode, { valid }: ColumnValues, above: Places): Places {
  if (valid === undefined) return above;
  for (let i = 0; i < above.count; i++) {
    const value = above.index === undefined ? above.from + i : (above.index[i] as number);
    if (value !== ABSENT && valid[value] === 0) {
      throw invalid(`the column ${JSON.stringify(node.field.name)} has a null and is not nullable`);
    }
  }
  return above;
}

/** A list has a place for each item, and one if it has none or is not there. */
function itemPlaces(node: FieldNode, { offsets }: ListData, lists: Places): Places {
  const range = (i: number): [from: number, to: number] => {
    const list = lists.index === undefined ? lists.from + i : (lists.index[i] as number);
    return list === ABSENT ? [0, 0] : [offsets[list] as number, offsets[list + 1] as number];
  };
  let count = 0;
  for (let i = 0; i < lists.count; i++) {
    const [from, to] = range(i);
    count += Math.max(1, to - from);
  }
  const index = new Int32Array(count);
  const definition = new Uint8Array(count).fill(node.definition + 1);
  const repetition = new Uint8Array(count).fill(node.repetition + 1);
  for (let i = 0, at = 0; i < lists.count; i++) {
    const [from, to] = range(i);
    repetition[at] = lists.repetition?.[i] ?? 0;
    if (from === to) {
      definition[at] = lists.definition?.[i] ?? node.definition;
      index[at++] = ABSENT;
    }
    for (let item = from; item < to; item++) index[at++] = item;
  }
  return { count, index, from: 0, definition, repetition };
}

function picksOf({ index, from, count }: Places): Picks {
  if (index === undefined) return { from, to: from + count };
  let there = 0;
  for (const value of index) if (value !== ABSENT) there++;
  const picks = new Int32Array(there);
  let at = 0;
  for (const value of index) if (value !== ABSENT) picks[at++] = value;
  return picks;
}
