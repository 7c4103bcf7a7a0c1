import { fullJitter, systemClock } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import type { CheckpointManifest, CheckpointName } from "./manifest.js";
import { compareCheckpoints, readManifest } from "./manifests.js";
import { LATEST_KEY, nameText, sameName } from "./names.js";
import { type Pointer, putPointer, readPointer } from "./pointers.js";

/** Many ranks of many jobs may meet here; each round lets one of them through at least. */
const ATTEMPTS = 100;
const WAIT = { baseDelayMs: 5, maxDelayMs: 1000 };

/** What `latest.json` points to; undefined if there is none. Throws `corrupt-format`. */
export function readLatest(
  store: ObjectStore,
  options: CallOptions = {},
): Promise<Pointer | undefined> {
  return readPointer(store, LATEST_KEY, options);
}

/**
 * Points `latest.json` to the checkpoint, unless it points to a later one: by compare-and-swap where
 * the store has it. True if it points to the checkpoint in the end. Throws `corrupt-format` if the
 * pointer is damaged, and `precondition-failed` if others changed it at each of 100 attempts.
 */
export async function moveLatest(
  store: ObjectStore,
  name: CheckpointName,
  manifest: CheckpointManifest,
  { signal }: CallOptions = {},
): Promise<boolean> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const current = await readLatest(store, { signal });
    if (current !== undefined) {
      if (sameName(current.name, name)) return true;
      if (await isLater(store, current.name, { name, manifest }, signal)) return false;
    }
    if (await swapLatest(store, current, name, { signal })) return true;
    await systemClock.sleep(fullJitter(WAIT, attempt, Math.random), signal);
  }
  throw new LodeError({
    code: "precondition-failed",
    retry: "exhausted",
    message: `${store.uriOf(LATEST_KEY)} was changed by others at each of ${ATTEMPTS} attempts to point it to ${nameText(name)}; the checkpoint itself is there`,
    uri: store.uriOf(LATEST_KEY),
  });
}

/** Points `latest.json` to the checkpoint if it is still as it was read; false if it is not. */
export function swapLatest(
  store: ObjectStore,
  current: Pick<Pointer, "etag"> | undefined,
  name: CheckpointName,
  options: CallOptions = {},
): Promise<boolean> {
  const mode = current === undefined ? "create" : { ifMatch: current.etag };
  return putPointer(store, LATEST_KEY, name, mode, options);
}

async function isLater(
  store: ObjectStore,
  current: CheckpointName,
  ours: { name: CheckpointName; manifest: CheckpointManifest },
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const manifest = await readManifest(store, current, { signal });
    return compareCheckpoints({ name: current, manifest }, ours) > 0;
  } catch (error) {
    // What cannot be loaded is no reason to keep the pointer from what can.
    if (isLodeError(error, "not-found", "corrupt-format", "integrity")) return false;
    throw error;
  }
}
