import { LodeError } from "../../errors.js";
import { canonicalJson, isPlainObject } from "../../formats/index.js";
import { TreeInput } from "../trees/index.js";
import {
  chooseCodec,
  FileInput,
  ParquetFileInput,
  type TableLike,
  tableOf,
} from "../values/index.js";

/** Whether the value only tells where on the local disk it is. */
export function isOnDisk(value: unknown): boolean {
  return (
    value instanceof FileInput ||
    value instanceof TreeInput ||
    (value instanceof ParquetFileInput && typeof value.source === "string")
  );
}

/**
 * A copy that later changes of the value do not reach, made at once. A table whose batches only an asynchronous
 * iterator gives, as of one that was loaded, is not copied. Throws `invalid-argument` for what cannot be stored, or
 * only by a codec of the caller's, or lies on the disk.
 */
export function snapshot(value: unknown): unknown {
  if (value instanceof ParquetFileInput && value.source instanceof Uint8Array) {
    return new ParquetFileInput(new Uint8Array(value.source));
  }
  if (isOnDisk(value)) {
    throw new LodeError({
      code: "invalid-argument",
      message:
        "files cannot be read at once, and may be others later: make the captured function async",
    });
  }
  const { codec } = chooseCodec(value, {});
  if (codec.type === "json") return JSON.parse(canonicalJson(value)) as unknown;
  if (codec.type !== "table") return copyOf(value);
  const { schema, batches } = tableOf(value as TableLike);
  const atOnce = Symbol.iterator in batches;
  return { schema, batches: atOnce ? copyOf([...batches]) : batches };
}

function copyOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return (value as Float32Array).slice();
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) return value.slice(0);
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, copyOf(item)]));
}
