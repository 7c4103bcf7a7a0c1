import { basename, extname } from "node:path";
import { blobDigest, type WriteSession } from "../../cas/index.js";
import { openStableFile, whileStable } from "../trees/index.js";
import type { FileInput } from "./file-input.js";
import type { StoredValue, StoreValueOptions } from "./stored-value.js";

/** Stores a file's bytes. Its name's ending is the format unless one is given. */
export async function storeFile(
  session: WriteSession,
  { path }: FileInput,
  options: StoreValueOptions,
): Promise<StoredValue> {
  const { name, metadata, layout, signal, onProgress } = options;
  const what = { type: "file", format: options.format ?? endingOf(path) };
  const stored = await whileStable(path, async () => {
    await using file = await openStableFile(path);
    return await session.put(
      file.pieces(signal),
      { name, ...what, metadata },
      { layout, signal, onProgress },
    );
  });
  return { ...stored, ...what, digest: blobDigest(stored.id) };
}

function endingOf(path: string): string {
  const ending = extname(basename(path)).slice(1).toLowerCase();
  return /^[a-z0-9]{1,16}$/.test(ending) ? ending : "bin";
}
