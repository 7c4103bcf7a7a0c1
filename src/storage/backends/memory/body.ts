import { abortable, crc32c } from "../../../core/index.js";
import { throwIfAborted } from "../../../errors.js";
import type { PutBody } from "../../backend.js";
import { memoryError } from "./error-map.js";

const CHUNK_BYTES = 256 * 1024;

/** Copies of the bytes, chunk by chunk, so that a reader cannot change what is stored. */
export async function* readBody(
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    throwIfAborted(signal, "get");
    yield bytes.slice(at, at + CHUNK_BYTES);
  }
}

/**
 * A copy of the whole body and its CRC32C. Throws `invalid-argument` if it is not as long as
 * announced and `integrity` if its checksum is not `announced`.
 */
export async function collectBody(
  body: PutBody,
  announced: number | undefined,
  context: { operation: string; uri: string; signal: AbortSignal | undefined },
): Promise<{ bytes: Uint8Array; crc: number }> {
  const { operation, uri, signal } = context;
  const bytes = body instanceof Uint8Array ? copyOf(body) : new Uint8Array(body.length);
  if (!(body instanceof Uint8Array)) {
    let length = 0;
    for await (const chunk of abortable(body.stream(), signal, operation)) {
      if (length + chunk.length <= bytes.length) bytes.set(chunk, length);
      length += chunk.length;
      if (length > bytes.length) break;
    }
    if (length !== body.length) {
      throw memoryError("lengthDiffers", operation, uri, { expected: body.length, got: length });
    }
  }
  const crc = crc32c(bytes);
  if (announced !== undefined && announced !== crc) {
    throw memoryError("checksumDiffers", operation, uri, { expected: announced, got: crc });
  }
  return { bytes, crc };
}

/** Not `slice()`: a Buffer's shares its memory. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
