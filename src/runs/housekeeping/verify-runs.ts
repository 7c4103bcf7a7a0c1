import { Aside, type Finding, isDamage, type Repaired } from "../../cas/index.js";
import { sideBySide } from "../../core/index.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { listHeadKeys, readHeadAt, readHeadBytes } from "../commit/index.js";
import type { RunContext } from "../context.js";
import { copyKey, HEADS, MANIFESTS } from "../manifest/index.js";
import { checkRun } from "./check-run.js";
import { rebuildHead, revisionForHead } from "./rebuild-head.js";
import { settle } from "./rebuild-views.js";

const AT_A_TIME = 16;

export interface VerifyRunsOptions extends CallOptions {
  /** Told of the runs that were looked at so far. */
  readonly onProgress?: ((runs: number) => void) | undefined;
}

export interface RepairRunsOptions extends VerifyRunsOptions {
  /** Tell, and change nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What a repair of runs did, or would do. */
export interface RunsRepair {
  readonly repaired: readonly Repaired[];
  /** For which nothing could be done. */
  readonly left: readonly Finding[];
  /** Nothing is missing or corrupt any more. */
  readonly sound: boolean;
}

/** What is wrong with heads, the revisions that they name, and copies for mltrack. */
export async function* verifyRuns(
  store: ObjectStore,
  { signal, onProgress }: VerifyRunsOptions = {},
): AsyncGenerator<Finding, void> {
  let keys: string[] = [];
  let runs = 0;
  const look = async (): Promise<Finding[]> => {
    const found = await sideBySide(keys, AT_A_TIME, signal, (key, inner) =>
      checkRun(store, key, { signal: inner }),
    );
    runs += keys.length;
    onProgress?.(runs);
    keys = [];
    return found.filter((finding) => finding !== undefined);
  };
  for await (const key of listHeadKeys(store, { signal })) {
    keys.push(key);
    if (keys.length === AT_A_TIME) yield* await look();
  }
  if (keys.length > 0) yield* await look();
}

/**
 * Mends what {@link verifyRuns} finds: a damaged head is set aside and written anew from the revisions of its run, a copy
 * from its head. The finding tells to which revision a head leads now.
 */
export async function repairRuns(
  context: RunContext,
  { dryRun = false, signal, onProgress }: RepairRunsOptions = {},
): Promise<RunsRepair> {
  const { store, blobs, clock } = context;
  const repaired: Repaired[] = [];
  const left: Finding[] = [];
  const aside = new Aside(store, clock.now());
  await using session = dryRun ? undefined : await blobs.session({ signal });
  const mend = async (finding: Finding): Promise<Finding | undefined> => {
    const { key } = finding;
    if (key.startsWith(HEADS)) {
      const revision = session
        ? (await rebuildHead({ store, session, setAside, signal }, key))?.manifest.revision
        : await revisionOf(store, key, signal);
      const reason = `${finding.reason}; revision ${revision} is what it leads to`;
      return revision === undefined ? undefined : { ...finding, reason };
    }
    const runId = await runOfCopy(store, key, signal);
    if (runId === undefined) return undefined;
    if (session !== undefined) {
      if (isDamage(finding)) await setAside(key);
      await settle(store, key, runId, signal);
    }
    return finding;
  };
  const setAside = (key: string) => aside.copy(key, { signal });
  for await (const finding of verifyRuns(store, { signal, onProgress })) {
    const mended = finding.kind === "leftover" ? undefined : await mend(finding);
    if (mended === undefined) left.push(finding);
    else repaired.push({ finding: mended, remedy: "rebuilt" });
  }
  return { repaired, left, sound: !left.some(isDamage) };
}

async function revisionOf(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const text = (await readHeadBytes(store, key, { signal }))?.bytes.toString("utf8") ?? "";
  return (await revisionForHead(store, key, text, { signal }))?.manifest.revision;
}

/** Undefined if it is no copy but a revision. */
async function runOfCopy(
  store: ObjectStore,
  key: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const name = key.slice(MANIFESTS.length);
  if (name.includes("/")) return undefined;
  const runId = (await readHeadAt(store, `${HEADS}${name}`, { signal }))?.head.runId;
  return runId !== undefined && copyKey(runId) === key ? runId : undefined;
}
