import type { Decode } from "../pipeline/index.js";
import { type DecodePool, type WorkerDecodeOptions, workerDecode } from "./worker-decode.js";

/** A function runs on the thread that calls it, a module in worker threads. */
export function openDecode<T, U>(decode: Decode<T, U> | WorkerDecodeOptions): DecodePool<T, U> {
  if (typeof decode !== "function") return workerDecode(decode);
  return {
    decode: async (value, info) => decode(value, info),
    close: () => Promise.resolve(),
  };
}
