import type { WriteSession } from "../../cas/index.js";
import { sideBySide } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import {
  blobsOf,
  publishRun,
  type Revision,
  RUN_REFS,
  readHeadBytes,
  readRevisionAt,
  type SavedRun,
  swapHead,
} from "../commit/index.js";
import { headKey, isTimeStamp, type RunManifest, revisionFolderOf } from "../manifest/index.js";

const AT_A_TIME = 16;
const NUMBER = /(\d{6,})-([0-9a-f]{8})\.json$/;

/**
 * The revision to which the head at a key, which is damaged, is to lead: the one that it still names, else the newest
 * that can be read, and of several the one saved last. Undefined if none can be read.
 */
export async function revisionForHead(
  store: ObjectStore,
  key: string,
  head: string,
  options: CallOptions,
): Promise<Revision | undefined> {
  const keys: string[] = [];
  for await (const { key: revision } of store.list({ prefix: revisionFolderOf(key), ...options })) {
    if (NUMBER.test(revision)) keys.push(revision);
  }
  keys.sort((a, b) => numberOf(b) - numberOf(a));
  for (const one of keys) {
    const [, , digits = ""] = NUMBER.exec(one) ?? [];
    const revision = head.includes(digits) ? await readable(store, key, one, options) : undefined;
    if (revision !== undefined && head.includes(revision.sha256)) return revision;
  }
  let newest: Revision | undefined;
  for (const one of keys) {
    if (newest !== undefined && numberOf(one) < newest.manifest.revision) break;
    const revision = await readable(store, key, one, options);
    if (revision === undefined) continue;
    const { savedAt } = revision.manifest;
    if (newest === undefined || savedAt > newest.manifest.savedAt) newest = revision;
  }
  return newest;
}

export interface HeadRebuilding extends CallOptions {
  readonly store: ObjectStore;
  readonly session: WriteSession;
  /** Keeps what is about to be written over. */
  readonly setAside: (key: string) => Promise<void>;
}

/**
 * Writes a damaged head anew, then what is derived from it. The run is deleted only if the damaged head, which must name
 * the same revision, says so. Undefined if no revision can be read, or the head is another by now.
 */
export async function rebuildHead(
  { store, session, setAside, signal }: HeadRebuilding,
  key: string,
): Promise<SavedRun | undefined> {
  const damaged = await readHeadBytes(store, key, { signal });
  const text = damaged?.bytes.toString("utf8") ?? "";
  const revision = damaged && (await revisionForHead(store, key, text, { signal }));
  if (damaged === undefined || revision === undefined) return undefined;
  const { manifest, sha256 } = revision;
  const { deletedAt, purging } = deletionIn(text.includes(sha256) ? text : "");
  if (!purging) await keepAgain(session, manifest, signal);
  await setAside(key);
  await session.confirm({ signal });
  const { runId } = manifest;
  const next = { runId, revision: manifest.revision, manifestSha256: sha256, deletedAt, purging };
  const head = await swapHead(store, { head: next, etag: damaged.etag }, next, { signal });
  if (head === undefined) return undefined;
  await publishRun(store, { manifest, head }, undefined, { signal });
  return { manifest, head };
}

/** Of a run whose purge was cut short the refs may be gone. What is lost is for the check of blobs to tell. */
async function keepAgain(
  session: WriteSession,
  manifest: RunManifest,
  signal: AbortSignal | undefined,
): Promise<void> {
  await sideBySide(blobsOf(manifest), AT_A_TIME, signal, async (blob, inner) => {
    try {
      await session.hold(blob, { signal: inner });
    } catch (error) {
      if (isLodeError(error, "not-found")) return;
      throw error;
    }
    await session.addRef({ blob, kind: RUN_REFS, owner: manifest.runId }, { signal: inner });
  });
}

/** Undefined for one that is damaged, of another run, or of a newer version. */
async function readable(
  store: ObjectStore,
  head: string,
  key: string,
  options: CallOptions,
): Promise<Revision | undefined> {
  try {
    const revision = await readRevisionAt(store, key, options);
    return headKey(revision.manifest.runId) === head ? revision : undefined;
  } catch (error) {
    if (isLodeError(error, "integrity", "corrupt-format", "unsupported", "not-found")) {
      return undefined;
    }
    throw error;
  }
}

function deletionIn(text: string): { deletedAt: string | null; purging: boolean } {
  const time = /"deleted_at": "([^"]*)"/.exec(text)?.[1];
  const deletedAt = time !== undefined && isTimeStamp(time) ? time : null;
  return { deletedAt, purging: deletedAt !== null && text.includes('"purging": true') };
}

function numberOf(key: string): number {
  return Number(NUMBER.exec(key)?.[1]);
}
