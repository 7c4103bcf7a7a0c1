import type { CallOptions, ObjectMeta, ObjectStore } from "../../../storage/index.js";

/** An object that holds data of v2. */
export interface LegacyObject {
  readonly meta: ObjectMeta;
  /** mltrack's. */
  readonly hash: string;
  /** The ending of its name. */
  readonly format: string;
}

/** What lies in the folder of a run of v1. */
export interface LegacyFolder {
  /** With a slash at the end. */
  readonly folder: string;
  readonly experiment: string;
  readonly runId: string;
  /** Undefined for a run that had not come so far. */
  readonly manifest: ObjectMeta | undefined;
  /** All but the manifest. */
  readonly files: readonly ObjectMeta[];
}

const MANIFESTS = "manifests/";
const DATA = /^data\/[0-9a-f]{2}\/([0-9a-f]{64})\/data\.([A-Za-z0-9]{1,16})$/;
const RUN_FOLDER = /^experiments\/([^/]+)\/runs\/([^/]+)\//;

/** The manifests of v2. Ids of runs may have slashes: nothing kept them out. */
export async function* listV2Manifests(
  store: ObjectStore,
  options: CallOptions = {},
): AsyncGenerator<ObjectMeta, void> {
  for await (const meta of store.list({ ...options, prefix: MANIFESTS })) {
    if (meta.key.endsWith(".json")) yield meta;
  }
}

/** The objects of v2 that hold data. */
export async function* listV2Objects(
  store: ObjectStore,
  options: CallOptions = {},
): AsyncGenerator<LegacyObject, void> {
  for await (const meta of store.list({ ...options, prefix: "data/" })) {
    const match = DATA.exec(meta.key);
    if (match !== null) yield { meta, hash: match[1]!, format: match[2]! };
  }
}

/**
 * The runs of v1. mltrack put their manifests under `<run>//manifest.json`, a key that S3, Azure and memory keep, and that
 * files cannot have: a copy made of files has `<run>/manifest.json`, which is taken too.
 */
export async function* listV1Runs(
  store: ObjectStore,
  options: CallOptions = {},
): AsyncGenerator<LegacyFolder, void> {
  let run: (LegacyFolder & { manifest: ObjectMeta | undefined; files: ObjectMeta[] }) | undefined;
  for await (const meta of store.list({ ...options, prefix: "experiments/" })) {
    const match = RUN_FOLDER.exec(meta.key);
    if (match === null) continue;
    const [folder, experiment = "", runId = ""] = match;
    if (run?.folder !== folder) {
      if (run !== undefined) yield run;
      run = { folder, experiment, runId, manifest: undefined, files: [] };
    }
    const rest = meta.key.slice(folder.length);
    if (rest === "/manifest.json") run.manifest = meta;
    else if (rest === "manifest.json") run.manifest ??= meta;
    else run.files.push(meta);
  }
  if (run !== undefined) yield run;
}
