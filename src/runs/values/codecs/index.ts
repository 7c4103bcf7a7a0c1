// The codecs that are built in, one a file: bytes, text, arrays of numbers, tables, JSON, and JSON as
// Python writes it. Which one a value is given to is decided outside. Defines what of each kind is
// equal (the digest), how its bytes are made, and what they are loaded as.

export { arrayCodec } from "./array-codec.js";
export { bytesCodec } from "./bytes-codec.js";
export { jsonCodec } from "./json-codec.js";
export { pythonJsonCodec } from "./python-json-codec.js";
export { describeTable, tableCodec } from "./table-codec.js";
export { textCodec } from "./text-codec.js";
