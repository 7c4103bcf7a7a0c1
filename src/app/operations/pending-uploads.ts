import { type LodeError, toLodeError } from "../../errors.js";
import type { PendingUpload } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";

/** An upload that was begun and neither completed nor aborted. */
export interface PendingUploadEntry extends PendingUpload {
  readonly uri: string;
}

export interface PendingUploadOptions {
  /** Only what began before this. */
  readonly startedBefore?: Date | undefined;
  /** Only this upload. */
  readonly id?: string | undefined;
}

/** The unfinished uploads of a container, or below a folder or of one object in it. */
export async function* pendingUploads(
  app: AppContext,
  text: string,
  options: PendingUploadOptions = {},
): AsyncGenerator<PendingUploadEntry, void, undefined> {
  const { store, key } = await app.stores.locate(locationOf(text, app.config.cwd));
  const { startedBefore, id } = options;
  for await (const upload of store.listMultiparts({ prefix: key, signal: app.signal })) {
    if (key !== "" && !key.endsWith("/") && !isBelow(upload.key, key)) continue;
    if (startedBefore !== undefined && upload.startedAt >= startedBefore) continue;
    if (id !== undefined && upload.id !== id) continue;
    yield { ...upload, uri: store.uriOf(upload.key) };
  }
}

export interface AbortedUpload {
  readonly upload: PendingUploadEntry;
  readonly error?: LodeError | undefined;
}

/** Aborts them and frees what they hold, one after the other; tells what became of each. */
export async function* abortUploads(
  app: AppContext,
  text: string,
  options: PendingUploadOptions & { readonly dryRun?: boolean | undefined } = {},
): AsyncGenerator<AbortedUpload, void, undefined> {
  const { store } = await app.stores.locate(locationOf(text, app.config.cwd));
  for await (const upload of pendingUploads(app, text, options)) {
    if (options.dryRun === true) {
      yield { upload };
      continue;
    }
    try {
      const { signal } = app;
      const resumed = await store.resumeMultipart(upload.key, upload.id, { signal });
      await resumed.abort({ signal });
      yield { upload };
    } catch (error) {
      yield { upload, error: toLodeError(error, "abort", upload.uri) };
    }
  }
}

/** An exact name stands for itself and for what is in the folder of that name. */
function isBelow(key: string, name: string): boolean {
  return key === name || key.startsWith(`${name}/`);
}
