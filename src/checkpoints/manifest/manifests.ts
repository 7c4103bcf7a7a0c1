import { CONCURRENT_READS, compareKeys, sideBySide } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import type { CallOptions, ObjectMeta, ObjectStore } from "../../storage/index.js";
import { putJson } from "../../storage/json/index.js";
import type { CheckpointManifest, CheckpointName } from "./manifest.js";
import { encodeManifest, parseManifest } from "./manifest-json.js";
import { MANIFESTS, manifestKey, parseManifestKey } from "./names.js";
import { compareWallTimes } from "./wall-time.js";

export interface NamedManifest {
  readonly name: CheckpointName;
  readonly manifest: CheckpointManifest;
}

/** Throws `not-found`, `corrupt-format`, `integrity` and `unsupported`. */
export async function readManifest(
  store: ObjectStore,
  name: CheckpointName,
  options: CallOptions = {},
): Promise<CheckpointManifest> {
  const key = manifestKey(name);
  const manifest = parseManifest(await store.text(key, options), store.uriOf(key));
  if (manifest.globalStep === name.step) return manifest;
  throw new LodeError({
    code: "corrupt-format",
    message: `${store.uriOf(key)} is the manifest of step ${manifest.globalStep}, and its name says step ${name.step}`,
    uri: store.uriOf(key),
  });
}

/**
 * Writes the manifest, which makes the checkpoint. Throws `already-exists`, and `invalid-argument` for a
 * manifest that no reader would take.
 */
export async function putManifest(
  store: ObjectStore,
  name: CheckpointName,
  manifest: CheckpointManifest,
  options: CallOptions = {},
): Promise<void> {
  const key = manifestKey(name);
  await putJson(store, key, encodeManifest(manifest), { ...options, mode: "create" });
}

/** The manifests of the store by one listing, none of them read; in the order of their keys. */
export async function* listManifests(
  store: ObjectStore,
  options: CallOptions = {},
): AsyncGenerator<{ readonly name: CheckpointName; readonly meta: ObjectMeta }, void> {
  for await (const meta of store.list({ ...options, prefix: MANIFESTS })) {
    const name = parseManifestKey(meta.key);
    if (name !== undefined) yield { name, meta };
  }
}

/**
 * Reads the manifests of these checkpoints, several at a time, in their order. One that is gone by now
 * is left out; one that cannot be read is told, or thrown where `onUnreadable` is absent.
 */
export async function readManifests(
  store: ObjectStore,
  names: readonly CheckpointName[],
  options: CallOptions & {
    readonly onUnreadable?: ((name: CheckpointName, error: LodeError) => void) | undefined;
  } = {},
): Promise<NamedManifest[]> {
  const { onUnreadable } = options;
  const found = await sideBySide(names, CONCURRENT_READS, options.signal, async (name, signal) => {
    try {
      return { name, manifest: await readManifest(store, name, { signal }) };
    } catch (error) {
      if (isLodeError(error, "not-found")) return undefined;
      const unreadable = isLodeError(error, "corrupt-format", "integrity", "unsupported");
      if (!unreadable || onUnreadable === undefined) throw error;
      onUnreadable(name, error);
      return undefined;
    }
  });
  return found.filter((one) => one !== undefined);
}

/** The complete checkpoint of the greatest wall time, then step; undefined if there is none. Reads every manifest. */
export async function newestManifest(
  store: ObjectStore,
  options: Parameters<typeof readManifests>[2] & {
    readonly except?: ((name: CheckpointName) => boolean) | undefined;
  } = {},
): Promise<NamedManifest | undefined> {
  const names: CheckpointName[] = [];
  for await (const { name } of listManifests(store, { signal: options.signal })) {
    if (options.except?.(name) !== true) names.push(name);
  }
  const complete = (await readManifests(store, names, options)).filter(
    ({ manifest }) => manifest.status === "complete",
  );
  return complete.sort(compareCheckpoints).at(-1);
}

/** Which of two checkpoints is the later one: by wall time, then step, then id. */
export function compareCheckpoints(a: NamedManifest, b: NamedManifest): number {
  return (
    compareWallTimes(a.manifest.wallTime, b.manifest.wallTime) ||
    a.name.step - b.name.step ||
    compareKeys(a.name.id, b.name.id)
  );
}
