import type { CheckpointManifest, CheckpointName } from "../../checkpoints/index.js";
import { isLodeError, type LodeError } from "../../errors.js";
import type { AppContext } from "../app-context.js";
import { openCheckpoints } from "./checkpoint-place.js";

export interface CheckpointEntry {
  /** `ckpt-{step}-{id}`. */
  readonly name: string;
  readonly step: number;
  readonly id: string;
  readonly savedAt: Date;
  /** `latest.json` points to it. */
  readonly latest: boolean;
  readonly tags: readonly string[];
  /** Where it was asked for and can be read. */
  readonly manifest?: CheckpointManifest | undefined;
  /** Why its manifest cannot be read. */
  readonly error?: LodeError | undefined;
}

export interface CheckpointListing {
  /** The newest last. */
  readonly checkpoints: readonly CheckpointEntry[];
  /** Why it is not known what `latest.json` or a tag points to. */
  readonly unreadable: readonly LodeError[];
}

/** Manifests read at a time. */
const CONCURRENT_READS = 16;

/** The checkpoints of a place; with `manifests` each manifest is read. */
export async function listCheckpoints(
  app: AppContext,
  text: string,
  options: { readonly manifests?: boolean | undefined } = {},
): Promise<CheckpointListing> {
  const { nameText, readLatest } = await import("../../checkpoints/index.js");
  const checkpoints = await openCheckpoints(app, text);
  const { signal } = app;
  const unreadable: LodeError[] = [];
  const unlessDamaged = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!isLodeError(error, "corrupt-format", "integrity", "unsupported")) throw error;
      unreadable.push(error);
      return undefined;
    }
  };
  const latest = await unlessDamaged(() => readLatest(checkpoints.store, { signal }));
  const tags = new Map<string, string[]>();
  const found = (await unlessDamaged(() => checkpoints.tags({ signal }))) ?? [];
  for (const [tag, name] of found) {
    const key = nameText(name);
    tags.set(key, [...(tags.get(key) ?? []), tag]);
  }
  const latestText = latest === undefined ? undefined : nameText(latest.name);
  const entry = async (name: CheckpointName, savedAt: Date): Promise<CheckpointEntry> => {
    const key = nameText(name);
    const facts = {
      name: key,
      ...name,
      savedAt,
      latest: key === latestText,
      tags: tags.get(key) ?? [],
    };
    if (options.manifests !== true) return facts;
    try {
      return { ...facts, manifest: (await checkpoints.load(name, { signal })).manifest };
    } catch (error) {
      if (!isLodeError(error, "corrupt-format", "integrity", "unsupported", "not-found"))
        throw error;
      return { ...facts, error };
    }
  };
  const listed = await checkpoints.list({ signal });
  const entries: CheckpointEntry[] = [];
  for (let at = 0; at < listed.length; at += CONCURRENT_READS) {
    const some = listed.slice(at, at + CONCURRENT_READS);
    entries.push(...(await Promise.all(some.map(({ name, savedAt }) => entry(name, savedAt)))));
  }
  return { checkpoints: entries, unreadable };
}
