import { isLodeError } from "../../../errors.js";
import { formatTime } from "../../manifest/index.js";
import { checkDataName, NAME_REFS, putNamed } from "../../named-data.js";
import { type LegacyObject, listV2Objects } from "../layout/index.js";
import { carryObject, type Migration } from "./carry-object.js";
import { judgeReference } from "./judge-reference.js";
import { referenceTo } from "./references.js";

/**
 * Carries the data of v2 that no run refers to: what `store_data` alone stored, or a run left behind that threw. It is
 * kept under the name that it had, until that is forgotten.
 */
export async function carryUnused(migration: Migration): Promise<void> {
  for await (const object of listV2Objects(migration.from, { signal: migration.signal })) {
    if (!migration.used.has(object.meta.key)) await carryOne(migration, object);
  }
}

async function carryOne(migration: Migration, { meta, hash, format }: LegacyObject): Promise<void> {
  const { into, session, tally, signal } = migration;
  const { key } = meta;
  const name = `mltrack-${hash.slice(0, 16)}`;
  const carried = await carryObject(migration, { layout: "v2", key, hash, format, name });
  if (carried === undefined) return;
  const nothingTold = {
    name: carried.name,
    hash,
    storagePath: "",
    size: null,
    format,
    shape: null,
    columns: null,
    dtype: null,
    createdAt: null,
  };
  for (const judgement of judgeReference("v2", nothingTold, carried)) {
    tally.findings.push({ layout: "v2", key, ...judgement });
  }
  const { blob } = carried;
  if (session === undefined || blob === undefined) return;
  const facts = await into.blobs.find(blob, { signal });
  if (facts === undefined) return;
  const owner = isDataName(carried.name) ? carried.name : name;
  const reference = {
    ...referenceTo({ ...carried, blob }, owner),
    layout: facts.layout,
    key: facts.key,
    createdAt: formatTime(meta.lastModified.getTime()),
    metadata: { legacy_hash: hash },
  };
  await session.addRef({ blob, kind: NAME_REFS, owner }, { signal });
  await session.confirm({ signal });
  await putNamed(into.store, reference, { signal });
}

/** mltrack took any text for a name. */
function isDataName(name: string): boolean {
  try {
    checkDataName(name);
    return true;
  } catch (error) {
    if (isLodeError(error, "invalid-argument")) return false;
    throw error;
  }
}
