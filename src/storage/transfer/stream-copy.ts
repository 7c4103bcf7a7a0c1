import { crc32c } from "../../core/index.js";
import type { ObjectMeta } from "../backend.js";
import {
  type CopyContext,
  type CopyOutcome,
  compareChecksums,
  readBack,
  sourceChange,
  writeOptions,
} from "./copy-context.js";
import type { TransferItem } from "./transfer-options.js";

/** One streaming put of an object too large for one buffer, to a target that takes no parts. */
export async function copyAsStream(
  context: CopyContext,
  item: TransferItem,
  meta: ObjectMeta,
): Promise<CopyOutcome> {
  const { source, target, run, settings } = context;
  let crc = 0;
  let counted = 0;
  async function* stream(): AsyncGenerator<Uint8Array, void, undefined> {
    crc = 0;
    // A put that is repeated reads from the start.
    run.moved(-counted);
    counted = 0;
    try {
      const { body } = await source.get(item.key, { ifMatch: meta.etag, signal: run.signal });
      for await (const chunk of body) {
        crc = crc32c(chunk, crc);
        yield chunk;
        counted += chunk.length;
        run.moved(chunk.length);
      }
    } catch (error) {
      throw sourceChange(error);
    }
  }
  const body = { length: meta.size, stream };
  const options = writeOptions(context, meta, run.signal);
  const result = await target.put(item.targetKey, body, {
    ...options,
    ...(meta.crc32c === undefined ? {} : { crc32c: meta.crc32c }),
  });
  compareChecksums("what was stored", crc, result.crc32c, target.uriOf(item.targetKey));
  if (settings.verify === "read-back") {
    await readBack(context, item, { size: meta.size, etag: result.etag, crc32c: crc });
  }
  return {
    method: "put",
    bytes: meta.size,
    etag: result.etag,
    crc32c: crc,
    resumedBytes: 0,
    sourceEtag: meta.etag,
  };
}
