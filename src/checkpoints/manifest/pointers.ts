import { corruptJson, JsonFields, type JsonPlace, parseJson } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore, WriteMode } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import type { CheckpointName } from "./manifest.js";
import { manifestKey, parseManifestKey, sameName } from "./names.js";

const WHAT = "pointer to a checkpoint";
/** No pointer is longer: what claims to be one is not read into memory beyond this. */
const MAX_POINTER_BYTES = 64 * 1024;

export interface Pointer {
  readonly name: CheckpointName;
  /** Of the object that points, for compare-and-swap. */
  readonly etag: string;
}

/** `latest.json` and tags, as s3dlio writes the former. */
export function encodePointer(name: CheckpointName): string {
  return JSON.stringify(
    { manifest_key: manifestKey(name), global_step: name.step, ts: name.id },
    null,
    2,
  );
}

/** Throws `corrupt-format` also for a pointer whose fields contradict each other. */
export function parsePointer(text: string, uri: string): CheckpointName {
  const place: JsonPlace = { what: WHAT, uri, path: "" };
  const fields = new JsonFields(parseJson(text, WHAT, uri), place);
  const name = parseManifestKey(fields.text("manifest_key"));
  if (name === undefined) throw fields.wrong("manifest_key", "the key of a manifest");
  const said = { step: fields.integer("global_step"), id: fields.text("ts") };
  if (!sameName(name, said)) {
    throw corruptJson(
      place,
      `it points to step ${name.step} with id ${name.id}, and says step ${said.step} with id ${said.id.slice(0, 80)}`,
    );
  }
  return name;
}

/** Undefined if there is no such object. Throws `corrupt-format`. */
export async function readPointer(
  store: ObjectStore,
  key: string,
  options: CallOptions = {},
): Promise<Pointer | undefined> {
  try {
    const { meta, body } = await store.get(key, options);
    const place: JsonPlace = { what: WHAT, uri: store.uriOf(key), path: "" };
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of body) {
      length += chunk.length;
      if (length > MAX_POINTER_BYTES) {
        throw corruptJson(place, `it has more than ${MAX_POINTER_BYTES} bytes`);
      }
      chunks.push(Buffer.from(chunk));
    }
    return { name: parsePointer(decode(Buffer.concat(chunks), place), place.uri), etag: meta.etag };
  } catch (error) {
    if (isLodeError(error, "not-found")) return undefined;
    throw error;
  }
}

function decode(bytes: Uint8Array, place: JsonPlace): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw corruptJson(place, "it is no UTF-8", cause);
  }
}

/** Writes the pointer; false if the condition of `mode` does not hold any more. */
export async function putPointer(
  store: ObjectStore,
  key: string,
  name: CheckpointName,
  mode: WriteMode,
  options: CallOptions = {},
): Promise<boolean> {
  const { putIfAbsent, putIfMatch } = store.capabilities;
  const supported = mode === "create" ? putIfAbsent : putIfMatch;
  try {
    await putJson(store, key, encodePointer(name), {
      ...options,
      mode: supported ? mode : "overwrite",
    });
    return true;
  } catch (error) {
    if (isLodeError(error, "already-exists", "precondition-failed")) return false;
    throw error;
  }
}
