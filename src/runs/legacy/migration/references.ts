import type { DataReference } from "../../manifest/index.js";
import { type LegacyReference, type LegacyRun, legacyPlace } from "../layout/index.js";
import type { Carried } from "./carried.js";
import { carryObject, type Migration } from "./carry-object.js";
import type { Judgement } from "./judge-reference.js";
import { judgeReference } from "./judge-reference.js";
import type { MigrationFinding } from "./report.js";

/** The data of a run on one side, carried over, and what was found on the way. */
export interface CarriedReferences {
  readonly references: Readonly<Record<string, DataReference>>;
  readonly findings: readonly MigrationFinding[];
}

/** Carries the inputs or the outputs of a run. What is nowhere to be had is left out and told. */
export async function carryReferences(
  migration: Migration,
  run: LegacyRun,
  role: "inputs" | "outputs",
): Promise<CarriedReferences> {
  const { into } = migration;
  const references: [string, DataReference][] = [];
  const findings: MigrationFinding[] = [];
  for (const reference of run[role]) {
    const { judged, carried, key } = await carryReference(migration, run, reference);
    const data = `${role}.${reference.name}`;
    findings.push(
      ...judged.map((judgement) => ({
        layout: run.layout,
        run: run.runId,
        data,
        key,
        ...judgement,
      })),
    );
    if (carried?.blob === undefined) continue;
    const facts = await into.blobs.find(carried.blob, { signal: migration.signal });
    if (facts === undefined) continue;
    references.push([
      reference.name,
      {
        ...referenceTo({ ...carried, blob: carried.blob }, reference.name),
        layout: facts.layout,
        key: facts.key,
        createdAt: reference.createdAt ?? run.createdAt,
        metadata: {
          ...(reference.hash === "" ? {} : { legacy_hash: reference.hash }),
          ...(judged.length === 0 ? {} : { findings: judged.map(({ reason }) => reason) }),
        },
      },
    ]);
  }
  return { references: Object.fromEntries(references), findings };
}

/** What carried data is, but where it lies and when it was referred to. */
export function referenceTo(
  { blob, examined, format, size, digest }: Carried & { readonly blob: string },
  name: string,
): Omit<DataReference, "layout" | "key" | "createdAt"> {
  const { type, shape, columns, dtype } = examined;
  return {
    name,
    hash: blob,
    type,
    format,
    size,
    ...(digest === undefined ? {} : { digest }),
    ...(shape === undefined ? {} : { shape }),
    ...(columns === undefined ? {} : { columns }),
    ...(dtype === undefined ? {} : { dtype }),
  };
}

async function carryReference(
  migration: Migration,
  { layout }: LegacyRun,
  reference: LegacyReference,
): Promise<{ judged: Judgement[]; carried?: Carried; key?: string | undefined }> {
  const place = legacyPlace(reference, migration.home);
  switch (place.kind) {
    case "nowhere":
      return judgedAs("missing", "its upload failed, and the manifest tells no place");
    case "temp-path":
      return judgedAs("temp-path", `it is in ${place.path} of the machine that ran, if anywhere`);
    case "elsewhere":
      return judgedAs("elsewhere", `it is at ${place.uri}; migrate that store too`);
    case "here": {
      const { key } = place;
      const { hash, format, name } = reference;
      const carried = await carryObject(migration, { layout, key, hash, format, name });
      if (carried === undefined) return { ...judgedAs("missing", "the object is not there"), key };
      return { judged: judgeReference(layout, reference, carried), carried, key };
    }
  }
}

function judgedAs(reason: Judgement["reason"], detail: string): { judged: Judgement[] } {
  return { judged: [{ reason, detail }] };
}
