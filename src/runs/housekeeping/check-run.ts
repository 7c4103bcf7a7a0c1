import type { Finding } from "../../cas/index.js";
import { JsonFields, parseJson } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { derivedObjects, readHeadAt, readSavedAt, type SavedRun } from "../commit/index.js";
import { copyKey, headKey, revisionKey } from "../manifest/index.js";

const REBUILD = "lode run verify --repair writes it anew";

/**
 * What is wrong with the objects that tell of one run: its head, the revision that the head names, the copy in mltrack's
 * form. Undefined if nothing is, or there is no such run any more.
 */
export async function checkRun(
  store: ObjectStore,
  key: string,
  options: CallOptions,
): Promise<Finding | undefined> {
  try {
    const head = await readHeadAt(store, key, options);
    if (head === undefined) return undefined;
    const { runId, revision, manifestSha256 } = head.head;
    if (headKey(runId) !== key) {
      return corrupt(key, `it is the head of run ${JSON.stringify(runId)}`, REBUILD);
    }
    try {
      const saved = await readSavedAt(store, head, options);
      return saved && (await checkCopy(store, saved, options));
    } catch (error) {
      if (!isLodeError(error, "integrity", "corrupt-format")) throw error;
      return {
        kind: isLodeError(error.cause, "not-found") ? "missing" : "corrupt",
        key: revisionKey(runId, revision, manifestSha256),
        reason: error.message,
        advice: "restore it from a copy",
      };
    }
  } catch (error) {
    if (isLodeError(error, "unsupported")) {
      return { kind: "leftover", key, reason: error.message, advice: "update Lodestore" };
    }
    if (!isLodeError(error, "integrity", "corrupt-format")) throw error;
    return corrupt(key, error.message, REBUILD);
  }
}

/** A copy follows its head: that it is missing, or tells of an older revision, is no damage. */
async function checkCopy(
  store: ObjectStore,
  saved: SavedRun,
  options: CallOptions,
): Promise<Finding | undefined> {
  const key = copyKey(saved.manifest.runId);
  const expected = derivedObjects(store, saved).get(key);
  if (expected === undefined) return undefined;
  const orphan = (reason: string): Finding => ({ kind: "orphan", key, reason, advice: REBUILD });
  try {
    const text = await store.text(key, options);
    const there = parseCopy(text, store.uriOf(key), saved.manifest.runId);
    if (JSON.stringify(there) === JSON.stringify(JSON.parse(expected, withoutPlaces))) {
      return undefined;
    }
    return orphan(`it does not tell what revision ${saved.manifest.revision} does`);
  } catch (error) {
    if (isLodeError(error, "not-found")) return orphan("there is no copy for mltrack");
    if (!isLodeError(error, "corrupt-format")) throw error;
    return corrupt(key, error.message, REBUILD);
  }
}

/** Throws `corrupt-format`. */
function parseCopy(text: string, uri: string, runId: string): unknown {
  const what = "copy of a run for mltrack";
  const fields = new JsonFields(parseJson(text, what, uri), { what, uri, path: "" });
  if (fields.text("run_id") !== runId) throw fields.wrong("run_id", JSON.stringify(runId));
  return JSON.parse(text, withoutPlaces);
}

/** A store that was moved, or is opened by another URI, is sound. */
function withoutPlaces(name: string, value: unknown): unknown {
  return name === "storage_path" || name === "storage_locations" ? undefined : value;
}

function corrupt(key: string, reason: string, advice: string): Finding {
  return { kind: "corrupt", key, reason, advice };
}
