// JSON Lines (jsonlines.org): one JSON value (RFC 8259) a line, read and written as streams in
// memory of one line and one chunk. It is not for one document of many lines, and knows no schema
// and no compression. Defines JsonValue (what a line can hold).

export {
  type JsonlLine,
  type JsonlLinesOptions,
  type JsonlReadOptions,
  type JsonValue,
  readJsonl,
  readJsonlLines,
} from "./read.js";
export { jsonlChunks } from "./write.js";
