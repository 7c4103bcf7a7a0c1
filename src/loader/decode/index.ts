// Makes of what was read what a batch holds: by a function, or by a module of the user's in worker
// threads, whose memory moves between the threads instead of being copied. It decodes nothing by
// itself. Defines DecodePool.

export { openDecode } from "./open-decode.js";
export { type DecodePool, type WorkerDecodeOptions, workerDecode } from "./worker-decode.js";
