// Values: what bytes a value becomes, by what digest equal ones are known, and how it is made of the
// bytes again, whole or in part. Writes through a session of cas, decides nothing about runs, names
// or refs. Defines Value (anything that a codec takes), ValueCodec, ValueRef and StoredValue.

export { chooseCodec } from "./choose-codec.js";
export { FileInput, fileOf, ParquetFileInput, parquetFile } from "./file-input.js";
export { loadArrayRows, loadTable } from "./load-part.js";
export { loadValue } from "./load-value.js";
export { storeValue } from "./store-value.js";
export type {
  LoadValueOptions,
  StoredValue,
  StoreValueOptions,
  ValueRef,
} from "./stored-value.js";
export { type TableLike, type TableOfOptions, tableOf } from "./table-input.js";
export type { CodecCall, ValueBytes, ValueCodec, ValueFacts } from "./value-codec.js";
