// JSON as one document: the canonical text of RFC 8785, equal for equal values, and a parser for
// what Python's json module writes. Not for streams of many values (that is jsonl), and no schema.
// Defines PythonJson (what the parser gives).

export { canonicalJson } from "./canonical.js";
export { type PythonJson, type PythonJsonOptions, parsePythonJson } from "./python.js";
