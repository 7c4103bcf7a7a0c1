import type { Field } from "../../table/index.js";
import { invalid } from "../column.js";
import { CompactWriter } from "../compact-writer.js";
import { REPETITION, schemaElement, type ValueFormat } from "../schema-element.js";
import { type LeafType, leafFormat } from "./leaf-format.js";

/** A field with the levels of Dremel, by which Parquet tells nulls and lists. */
export interface FieldNode {
  readonly field: Field;
  /** The definition level of a place where the field has a value. */
  readonly definition: number;
  /** The repetition level of all but the first items of the innermost list that the field is in. */
  readonly repetition: number;
  /** A list's item, or a struct's fields. */
  readonly children: readonly FieldNode[];
  /** For all other fields. */
  readonly leaf?: Leaf | undefined;
}

/** A column of the file. */
export interface Leaf {
  readonly type: LeafType;
  readonly format: ValueFormat;
  readonly path: readonly string[];
  readonly maxDefinition: number;
  readonly maxRepetition: number;
}

export interface FieldTree {
  readonly nodes: readonly FieldNode[];
  /** In the order in which they stand in a row group. */
  readonly leaves: readonly Leaf[];
  /** `SchemaElement`s without the root, depth first. */
  readonly elements: readonly Uint8Array[];
}

/** As many as our reader takes. */
const MAX_DEPTH = 60;
const LIST_FORMAT = { converted: 3, logical: { field: 3, struct: () => new CompactWriter() } };

/** The tree of a table's fields. Throws `invalid-argument` for what a Parquet file cannot have. */
export function fieldTree(fields: readonly Field[]): FieldTree {
  const builder = new TreeBuilder();
  const nodes = fields.map((field) => builder.node(field, [], { definition: 0, repetition: 0 }));
  return { nodes, leaves: builder.leaves, elements: builder.elements };
}

interface Levels {
  readonly definition: number;
  readonly repetition: number;
}

class TreeBuilder {
  readonly leaves: Leaf[] = [];
  readonly elements: Uint8Array[] = [];

  node(field: Field, above: readonly string[], levels: Levels): FieldNode {
    const { name, type, nullable } = field;
    const path = [...above, name];
    if (path.length > MAX_DEPTH) throw invalid(`${name} is nested too deeply`);
    const repetition = nullable ? REPETITION.optional : REPETITION.required;
    const own = { ...levels, definition: levels.definition + (nullable ? 1 : 0) };
    if (type.kind === "list") {
      // The standard's three levels: the list, `list` for each item, and `element`.
      this.#add({ name, repetition, children: 1, format: LIST_FORMAT });
      this.#add({ name: "list", repetition: REPETITION.repeated, children: 1 });
      const inner = { definition: own.definition + 1, repetition: own.repetition + 1 };
      const item = this.node({ ...type.item, name: "element" }, [...path, "list"], inner);
      return { field, ...own, children: [item] };
    }
    if (type.kind === "struct") {
      const children = type.fields.length;
      if (children === 0) throw invalid(`the struct ${JSON.stringify(name)} has no fields`);
      this.#add({ name, repetition, children });
      return { field, ...own, children: type.fields.map((child) => this.node(child, path, own)) };
    }
    const format = leafFormat(type);
    this.#add({ name, repetition, format });
    const { definition: maxDefinition, repetition: maxRepetition } = own;
    const leaf = { type, format, path, maxDefinition, maxRepetition };
    this.leaves.push(leaf);
    return { field, ...own, children: [], leaf };
  }

  #add(element: Parameters<typeof schemaElement>[0]): void {
    this.elements.push(schemaElement(element));
  }
}
