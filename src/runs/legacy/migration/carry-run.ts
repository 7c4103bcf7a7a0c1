import { createHash } from "node:crypto";
import { isLodeError } from "../../../errors.js";
import { commitRun, publishRun, readSaved } from "../../commit/index.js";
import type { RunFacts, RunModel } from "../../manifest/index.js";
import { type LegacyRun, legacyPlace } from "../layout/index.js";
import type { Migration } from "./carry-object.js";
import { carryReferences } from "./references.js";
import type { MigrationFinding } from "./report.js";

/** Under which a manifest keeps where it came from. */
const ORIGIN = "mltrack";

/** Where a migrated run came from: the field `mltrack` of its manifest. */
interface Origin {
  readonly layout: string;
  readonly key: string;
  /** Of the manifest's text, or of the names of its files. */
  readonly sha256: string;
  readonly manifest: string;
  readonly findings: readonly MigrationFinding[];
}

/**
 * Carries a run and its data over. `key` is that of its manifest, `identity` a text that changes with the run. A run that
 * was migrated before is left as it is, and its findings are told again.
 */
export async function carryRun(
  migration: Migration,
  run: LegacyRun,
  key: string,
  identity: string,
  known: readonly MigrationFinding[] = [],
): Promise<void> {
  const { into, tally, session, signal } = migration;
  const sha256 = createHash("sha256").update(identity, "utf8").digest("hex");
  for (const reference of [...run.inputs, ...run.outputs]) {
    const place = legacyPlace(reference, migration.home);
    if (place.kind === "here") migration.used.add(place.key);
  }
  const before = await readSaved(into.store, run.runId, { signal });
  if (before !== undefined) {
    const origin = before.manifest.more[ORIGIN] as Origin | undefined;
    if (origin?.key === key && origin.sha256 === sha256) {
      tally.findings.push(...origin.findings);
      tally.countRun("existed");
      return;
    }
    refuse(migration, run, key, origin?.key === key);
    return;
  }
  const inputs = await carryReferences(migration, run, "inputs");
  const outputs = await carryReferences(migration, run, "outputs");
  const findings = [...known, ...inputs.findings, ...outputs.findings];
  tally.findings.push(...findings);
  if (session === undefined) {
    tally.countRun("migrated");
    return;
  }
  const origin: Origin = { layout: run.layout, key, sha256, manifest: run.text, findings };
  const facts: RunFacts = {
    runId: run.runId,
    runType: run.runType,
    project: run.project,
    // mltrack saved no run that threw.
    status: "finished",
    createdAt: run.createdAt,
    startedAt: null,
    endedAt: null,
    parentRun: null,
    params: {},
    metrics: run.metrics,
    tags: run.tags,
    inputs: inputs.references,
    outputs: outputs.references,
    model: modelOf(run, outputs.references["models/model.pkl"]?.hash),
    code: null,
    environment: null,
    error: null,
    storageModes: run.storageModes,
    more: { [ORIGIN]: origin },
  };
  try {
    const { saved } = await commitRun(into, session, facts, undefined, { signal });
    await publishRun(into.store, saved, undefined, { signal });
    tally.countRun("migrated");
  } catch (error) {
    if (!isLodeError(error, "already-exists")) throw error;
    refuse(migration, run, key, false);
  }
}

function refuse({ tally }: Migration, run: LegacyRun, key: string, changed: boolean): void {
  const detail = changed
    ? "it was migrated before, and its manifest has changed since; delete the migrated run to migrate it anew"
    : "there is another run of this id, which stays";
  tally.findings.push({ reason: "conflict", layout: run.layout, run: run.runId, key, detail });
  tally.countRun("failed");
}

function modelOf({ model }: LegacyRun, blob: string | undefined): RunModel | null {
  if (model === null && blob === undefined) return null;
  const { path } = model ?? {};
  return {
    ...(typeof path === "string" ? { path } : {}),
    ...(blob === undefined ? {} : { blob }),
    ...(model === null ? {} : { [ORIGIN]: model }),
  };
}
