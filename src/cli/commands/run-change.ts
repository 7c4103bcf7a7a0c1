import type { CollectedRuns } from "../../app/operations/index.js";
import { LodeError } from "../../errors.js";
import type { MigrationReport } from "../../runs/index.js";
import type { CommandContext } from "../command.js";
import { dataLines, formatSize, jsonLine, plural } from "../render/index.js";
import type { RunOptions } from "./run-options.js";

export async function remove(
  { app, json, notices, out }: CommandContext,
  ids: readonly string[],
  { store, dryRun = false }: RunOptions,
): Promise<void> {
  const { deleteRun, showRun } = await import("../../app/operations/index.js");
  for (const id of ids) {
    if (dryRun) await showRun(app, store, id);
    const changed = dryRun || (await deleteRun(app, store, id));
    if (json) out.line(jsonLine({ type: "deleted", run: id, dryRun, changed }));
    else if (dryRun) out.line(`would delete run ${id}`);
    else if (!changed) notices.line(`run ${id} was deleted before`);
    else notices.line(`deleted run ${id}; lode run restore brings it back`);
  }
}

export async function restore(
  { app, json, notices, out }: CommandContext,
  ids: readonly string[],
  { store }: RunOptions,
): Promise<void> {
  const { restoreRun } = await import("../../app/operations/index.js");
  for (const id of ids) {
    const changed = await restoreRun(app, store, id);
    if (json) out.line(jsonLine({ type: "restored", run: id, changed }));
    else notices.line(changed ? `restored run ${id}` : `run ${id} is not deleted`);
  }
}

export async function forget(
  { app, json, notices, out }: CommandContext,
  [name = ""]: readonly string[],
  { store, dryRun = false }: RunOptions,
): Promise<void> {
  const { forgetNamedData } = await import("../../app/operations/index.js");
  const data = await forgetNamedData(app, store, name, { dryRun });
  if (data.length === 0) {
    throw new LodeError({ code: "not-found", message: `the name ${name} keeps no data` });
  }
  for (const { hash, size } of json ? data : []) {
    out.line(jsonLine({ type: "forgotten", name, blob: hash, size, dryRun }));
  }
  if (!json && dryRun) for (const line of dataLines(data, false)) out.line(line);
  const freed = plural(data.length, "value");
  notices.line(`${name} ${dryRun ? "would no longer keep" : "no longer keeps"} ${freed}`);
}

export async function views(
  context: CommandContext,
  [action = "ls", ...words]: readonly string[],
  options: RunOptions,
): Promise<void> {
  const [first = "", second = ""] = words;
  if (action === "ls" && words.length <= 1) return listViews(context, words[0], options);
  if (action === "rebuild" && words.length === 0) return rebuildViews(context, options);
  if ((action === "add" || action === "rm") && words.length === 2) {
    return changeView(context, { id: first, view: second, action }, options);
  }
  throw new LodeError({
    code: "invalid-argument",
    message:
      "lode run views is written lode run views [ls [VIEW]], views rebuild, views add RUN VIEW or views rm RUN VIEW",
  });
}

async function listViews(
  { app, json, notices, out }: CommandContext,
  view: string | undefined,
  { store }: RunOptions,
): Promise<void> {
  const operations = await import("../../app/operations/index.js");
  const pointers = await operations.listViews(app, store, view);
  for (const pointer of pointers) {
    const { key, runId, mode: view } = pointer;
    out.line(json ? jsonLine({ type: "pointer", view, run: runId, key }) : `${key}  ${runId}`);
  }
  if (pointers.length === 0) notices.line("no run is shown in a view");
}

async function rebuildViews(
  { app, json, notices, out }: CommandContext,
  { store, dryRun = false }: RunOptions,
): Promise<void> {
  const operations = await import("../../app/operations/index.js");
  const { runs, right, written, deleted } = await operations.rebuildViews(app, store, { dryRun });
  for (const [action, keys] of [["write", written] as const, ["delete", deleted] as const]) {
    for (const key of keys) {
      if (json) out.line(jsonLine({ type: "mended", action, key, dryRun }));
      else if (dryRun) out.line(`would ${action} ${key}`);
      else notices.info(`${action} ${key}`);
    }
  }
  const counts = { runs, right, written: written.length, deleted: deleted.length };
  if (json) out.line(jsonLine({ type: "views-summary", dryRun, ...counts }));
  notices.line(
    `${plural(runs, "run")}: ${right} objects are right, ${written.length} ${dryRun ? "to write" : "written"}, ${deleted.length} ${dryRun ? "to delete" : "deleted"}`,
  );
}

async function changeView(
  { app, json, notices, out }: CommandContext,
  change: { readonly id: string; readonly view: string; readonly action: "add" | "rm" },
  { store, dryRun = false }: RunOptions,
): Promise<void> {
  const operations = await import("../../app/operations/index.js");
  const { id, view, action } = change;
  const isIn = action === "add";
  if (dryRun) {
    await operations.showRun(app, store, id);
    notices.line(`run ${id} would ${isIn ? "be in" : "leave"} the view ${view}`);
    return;
  }
  const { revision } = await operations.changeView(app, store, change);
  if (json) out.line(jsonLine({ type: "view", run: id, view, in: isIn, revision }));
  else notices.line(`run ${id} is ${isIn ? "" : "not "}in the view ${view}`);
}

export async function gc(
  { app, json, notices, out }: CommandContext,
  _: readonly string[],
  { store, grace, restoreWindow, skipRepack, dryRun = false }: RunOptions,
): Promise<void> {
  const { collectRuns } = await import("../../app/operations/index.js");
  const collected = await collectRuns(app, store, {
    ...{ grace, restoreWindow, dryRun },
    repack: skipRepack !== true,
    onProgress: ({ step, done }) => notices.status(`gc  ${step}  ${done} done`),
  });
  notices.clearStatus();
  const { purged, report } = collected;
  if (json) {
    for (const { runId, deletedAt, blobs } of purged) {
      out.line(jsonLine({ type: "purged", run: runId, deletedAt, blobs: blobs.length, dryRun }));
    }
    out.line(jsonLine({ type: "gc-summary", purged: purged.length, ...report }));
  } else for (const line of collectedLines(collected)) out.line(line);
  if (dryRun) notices.line("nothing was changed: this is what a collection would do");
  if (report.missing.length === 0) return;
  throw new LodeError({
    code: "integrity",
    message: `${plural(report.missing.length, "blob")} that runs or names need ${report.missing.length === 1 ? "is" : "are"} not in the store: ${report.missing.slice(0, 3).join(", ")}; restore from a copy`,
    details: { missing: report.missing },
  });
}

function collectedLines({ purged, report }: CollectedRuns): string[] {
  const { found, condemned, deleted, rescued, freed, repacked, waitingFor, foreign } = report;
  const tally = ({ blobs, packs, bytes }: typeof found) =>
    `${plural(blobs, "blob")}, ${plural(packs, "pack")}, ${formatSize(bytes, true)}`;
  return [
    `found          ${tally(found)}`,
    ...(purged.length === 0 ? [] : [`purged         ${plural(purged.length, "run")}`]),
    `condemned      ${tally(condemned)}`,
    `to the trash   ${tally(deleted)}`,
    `freed          ${plural(freed.objects, "object")}, ${formatSize(freed.bytes, true)}`,
    ...(rescued.blobs + rescued.packs === 0
      ? []
      : [`rescued        ${plural(rescued.blobs, "blob")}, ${plural(rescued.packs, "pack")}`]),
    ...(repacked.packs === 0
      ? []
      : [
          `repacked       ${plural(repacked.packs, "pack")}, ${formatSize(repacked.bytes, true)} to ${formatSize(repacked.writtenBytes, true)}`,
        ]),
    ...(foreign === 0 ? [] : [`left alone     ${plural(foreign, "blob")} of another program`]),
    ...(waitingFor.length === 0
      ? []
      : [
          `waiting for    ${plural(waitingFor.length, "writer")}; nothing of theirs is deleted yet`,
        ]),
  ];
}

/** What people should know of their old data is data; runs that were left out end it with exit code 3. */
export async function migrate(
  { app, json, notices, out }: CommandContext,
  [from = ""]: readonly string[],
  { store, home, unverified, dryRun = false }: RunOptions,
): Promise<void> {
  const { migrateRuns } = await import("../../app/operations/index.js");
  const report = await migrateRuns(app, store, from, {
    ...{ dryRun, home },
    verify: unverified !== true,
    onProgress: ({ runs, objects, bytes }) =>
      notices.status(`migrate  ${runs} runs  ${objects} objects  ${formatSize(bytes, true)}`),
  });
  notices.clearStatus();
  const { findings, runs, objects } = report;
  for (const finding of findings) {
    if (json) out.line(jsonLine({ type: "finding", ...finding }));
    else out.line(findingText(finding));
  }
  if (json) {
    out.line(
      jsonLine({ type: "migration-summary", dryRun, runs, objects, findings: findings.length }),
    );
  }
  const done = dryRun ? "would be migrated" : "migrated";
  notices.line(
    `${plural(runs.migrated, "run")} and ${plural(objects.migrated, "object")} (${formatSize(objects.bytes, true)}) ${done}; ${runs.existed} and ${objects.existed} were there; ${plural(findings.length, "finding")}`,
  );
  if (runs.failed === 0) return;
  throw new LodeError({
    code: "partial-failure",
    message: `${plural(runs.failed, "run")} could not be migrated, see the findings`,
  });
}

function findingText({
  reason,
  run,
  data,
  key,
  detail,
}: MigrationReport["findings"][number]): string {
  const where = [run ?? "unused data", data ?? key].filter(Boolean).join("  ");
  return `${reason}  ${where}: ${detail}`;
}
