import { abortable } from "../../core/index.js";
import { throwIfAborted } from "../../errors.js";
import type { ObjectWriterOptions, WriteResult } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { requireObjectKey } from "./require-object-key.js";

/** Writes a stream of unknown length as one object; nothing is visible before its end. */
export async function writeStream(
  app: AppContext,
  text: string,
  body: AsyncIterable<Uint8Array>,
  options: ObjectWriterOptions = {},
): Promise<WriteResult & { readonly uri: string }> {
  const location = locationOf(text, app.config.cwd);
  const { store, key } = await app.stores.locate(location);
  requireObjectKey(location, key);
  const partSize = options.partSize ?? app.config.get("transfer.part-size");
  const writer = store.writable(key, { ...options, partSize, signal: app.signal });
  try {
    for await (const chunk of abortable(body, app.signal, "put")) {
      await writer.write(chunk);
    }
    // A stream that was cut by the signal must not become an object.
    throwIfAborted(app.signal, "put");
    return { ...(await writer.close()), uri: store.uriOf(key) };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
