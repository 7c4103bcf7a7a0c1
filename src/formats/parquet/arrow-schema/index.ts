// Arrow's schema in a Parquet file: the entry by which Arrow's libraries keep what Parquet has no type
// for, durations, zones and seconds. Written where a table has any of these, and read for them alone; the rest is
// told by Parquet's own schema. Knows FlatBuffers only as far as that needs.

export { ARROW_SCHEMA_KEY, arrowSchemaEntry } from "./arrow-schema-entry.js";
export { withArrowTypes } from "./with-arrow-types.js";
