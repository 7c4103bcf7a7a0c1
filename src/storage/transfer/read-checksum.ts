import { crc32c } from "../../core/index.js";
import type { ObjectStore } from "../object-store.js";

/** The CRC32C of an object by reading it from its start to its end. */
export async function readChecksum(
  store: ObjectStore,
  key: string,
  signal: AbortSignal,
): Promise<number> {
  const { body } = await store.get(key, { signal });
  let crc = 0;
  for await (const chunk of body) crc = crc32c(chunk, crc);
  return crc;
}
