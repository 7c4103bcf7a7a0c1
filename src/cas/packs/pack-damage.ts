import { LodeError } from "../../errors.js";
import type { ObjectStore } from "../../storage/index.js";
import { packKey } from "../keys.js";

/** A place where a pack is not what its footer, or a recipe, says. */
export interface PackDamage {
  readonly pack: string;
  /** In the pack, in bytes. */
  readonly offset: number;
  readonly reason: string;
  readonly cause?: unknown;
}

/** `integrity`; `details` are `pack`, `key`, `offset` and `reason`. */
export function packDamage(
  store: ObjectStore,
  { pack, offset, reason, cause }: PackDamage,
): LodeError {
  const key = packKey(pack);
  return new LodeError({
    code: "integrity",
    message: `the pack ${pack} is damaged at byte ${offset}: ${reason}`,
    operation: "get",
    uri: store.uriOf(key),
    details: { pack, key, offset, reason },
    cause,
  });
}
