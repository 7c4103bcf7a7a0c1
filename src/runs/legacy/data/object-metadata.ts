import { isLodeError } from "../../../errors.js";
import type { CallOptions, ObjectStore } from "../../../storage/index.js";
import { dataFacts, type LegacyReference, legacyFields } from "../layout/index.js";

/** The `metadata.json` beside an object of v2. */
export interface LegacyMetadata extends Pick<LegacyReference, "shape" | "columns" | "dtype"> {
  /** Under which it was stored first. */
  readonly name: string;
  /** The name of its class in Python. */
  readonly type: string;
}

/** Undefined where it was never written, or cannot be read: it is no more than a second witness. */
export async function readLegacyMetadata(
  store: ObjectStore,
  dataKey: string,
  { signal }: CallOptions = {},
): Promise<LegacyMetadata | undefined> {
  const key = `${dataKey.slice(0, dataKey.lastIndexOf("/"))}/metadata.json`;
  try {
    const { fields } = legacyFields(await store.bytes(key, { signal }), store.uriOf(key));
    return { name: fields.text("name"), type: fields.text("type"), ...dataFacts(fields) };
  } catch (error) {
    if (isLodeError(error, "not-found", "corrupt-format")) return undefined;
    throw error;
  }
}
