import type { ObjectStore } from "../../storage/index.js";
import {
  type CheckpointName,
  compareCheckpoints,
  listTags,
  type NamedManifest,
  nameText,
  readLatest,
  sameName,
} from "../manifest/index.js";
import type { Leftover, Unreadable } from "./leftover.js";
import { type FindLeftoversOptions, findLeftovers } from "./leftovers.js";
import { checkRules, keptByRules, type RetentionRules } from "./retention.js";

export interface PlanPruneOptions extends RetentionRules, FindLeftoversOptions {}

/** A checkpoint and why it stays. */
export interface JudgedCheckpoint extends NamedManifest {
  /** Stored bytes of its shards. */
  readonly bytes: number;
  /**
   * What keeps it: `latest`, `tag:{name}`, `incomplete` (its manifest says so: look at it and delete it
   * by hand), the rules `last`, `every` and `best`, or `no rule` where none is given. Empty if it is to go.
   */
  readonly keptBy: readonly string[];
}

/** What is to go and what stays. */
export interface PrunePlan {
  /** The oldest first. */
  readonly checkpoints: readonly JudgedCheckpoint[];
  /** What no checkpoint needs, and is to go. */
  readonly leftovers: readonly Leftover[];
  /** The like of it that stays for being young. */
  readonly young: readonly Leftover[];
  /** Stay, and are for a person to look at. */
  readonly unreadable: readonly Unreadable[];
}

/**
 * Which checkpoints the rules keep, and what is left over; changes nothing. Without a rule all
 * checkpoints stay. What `latest.json` or a tag points to stays always, and so does the newest. Throws
 * `invalid-argument`, and `corrupt-format` for a pointer or a tag that is damaged: what it protects is
 * not known.
 */
export async function planPrune(
  store: ObjectStore,
  options: PlanPruneOptions = {},
): Promise<PrunePlan> {
  checkRules(options);
  const { signal } = options;
  const { manifests, ...found } = await findLeftovers(store, options);
  const complete = manifests.filter(({ manifest }) => manifest.status === "complete");
  const kept = keptByRules(complete, options);
  const protectedBy = await protections(store, complete.sort(compareCheckpoints).at(-1), signal);
  const checkpoints = [...manifests].sort(compareCheckpoints).map((one): JudgedCheckpoint => {
    const text = nameText(one.name);
    const rules = one.manifest.status === "complete" ? kept?.get(text) : ["incomplete"];
    return {
      ...one,
      bytes: one.manifest.shards.reduce((sum, { size }) => sum + size, 0),
      keptBy: [
        ...(protectedBy.get(text) ?? []),
        ...(kept === undefined ? ["no rule"] : (rules ?? [])),
      ],
    };
  });
  return { checkpoints, ...found };
}

/** What the pointers of the store protect, by the text of the name. */
export async function protections(
  store: ObjectStore,
  newest: NamedManifest | undefined,
  signal: AbortSignal | undefined,
): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const protect = (name: CheckpointName, why: string) => {
    const text = nameText(name);
    found.set(text, [...(found.get(text) ?? []), why]);
  };
  const latest = await readLatest(store, { signal });
  if (latest !== undefined) protect(latest.name, "latest");
  // Where the pointer is behind or missing, this is what it will be.
  if (newest !== undefined && !(latest !== undefined && sameName(latest.name, newest.name))) {
    protect(newest.name, "latest");
  }
  for (const [tag, name] of await listTags(store, { signal })) protect(name, `tag:${tag}`);
  return found;
}
