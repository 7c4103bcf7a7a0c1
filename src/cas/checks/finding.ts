import type { BlobId } from "../keys.js";

/**
 * What is wrong with an object. Damage: `missing` (something needs it and it is not there), `corrupt` (it is not what its
 * name or its checksum says). No byte is at risk by the others: `orphan` (what should lead to it does not), `dangling` (it leads to what is
 * gone), `leftover` (of a write that was cut short, or is under way, or of another program).
 */
export type FindingKind = "missing" | "corrupt" | "orphan" | "dangling" | "leftover";

export const FINDING_KINDS: readonly FindingKind[] = [
  "missing",
  "corrupt",
  "orphan",
  "dangling",
  "leftover",
];

export interface Finding {
  readonly kind: FindingKind;
  /** The object; of a blob that is missing, its folder. */
  readonly key: string;
  /** The blob that cannot be read because of it, or that it belongs to. */
  readonly blob?: BlobId | undefined;
  readonly pack?: string | undefined;
  /** In the object, in bytes. */
  readonly offset?: number | undefined;
  readonly reason: string;
  /** What to do. */
  readonly advice: string;
}

/** Whether bytes that something needs cannot be read. */
export function isDamage({ kind }: Finding): boolean {
  return kind === "missing" || kind === "corrupt";
}
