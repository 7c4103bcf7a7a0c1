import { LodeError } from "../../errors.js";
import type { Location } from "../location.js";

/** Throws `invalid-argument` unless the location names one object. */
export function requireObjectKey(location: Location, key: string): void {
  if (key !== "" && !key.endsWith("/")) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `${location.text} names a folder; name an object in it`,
  });
}
