import type { VerifyRunsProgress } from "../../app/operations/index.js";
import type { Finding } from "../../cas/index.js";
import { LodeError } from "../../errors.js";
import type { CommandContext } from "../command.js";
import { formatSize, jsonLine, plural, showProgress, statsLines } from "../render/index.js";
import { invalid, oneOf, type RunOptions } from "./run-options.js";

const MODES = ["quick", "sampled", "full"] as const;
type Mode = (typeof MODES)[number];

/** Findings are data. Damage that stays ends it with exit code 15; what is only left over does not. */
export async function verify(
  context: CommandContext,
  _: readonly string[],
  options: RunOptions,
): Promise<void> {
  const { percent, seed, repair, mirror, dryRun } = options;
  const mode = oneOf("--mode", options.mode, MODES);
  if (repair === true) {
    if ((percent ?? seed) !== undefined) throw invalid("a repair has no --percent and no --seed");
    return mend(context, mode, options);
  }
  if ((mirror ?? dryRun) !== undefined) throw invalid("--mirror and --dry-run are of --repair");
  return look(context, mode, options);
}

async function look(
  context: CommandContext,
  mode: Mode | undefined,
  { store, percent, seed }: RunOptions,
): Promise<void> {
  const { verifyRuns } = await import("../../app/operations/index.js");
  const { app, json, notices, out } = context;
  const summary = await verifyRuns(app, store, {
    ...{ mode, percent, seed },
    onProgress: progressOf(context, "verify"),
    async onFinding(finding) {
      out.line(json ? jsonLine({ type: "finding", ...finding }) : findingText(finding));
      await out.ready();
    },
  });
  notices.clearStatus();
  if (json) out.line(jsonLine({ type: "verify-summary", ...summary }));
  const { blobs, packs, readBlobs, readPacks, readBytes, sound, findings } = summary;
  const all = `${plural(blobs, "blob")} and ${plural(packs, "pack")}`;
  if (!sound) {
    const { missing, corrupt } = findings;
    throw damaged(`${missing} missing and ${corrupt} corrupt of ${all}, see the findings`);
  }
  const read = `${readBlobs} and ${readPacks} of them read, ${formatSize(readBytes, true)}`;
  notices.line(`${all} are sound (${read})`);
}

async function mend(
  context: CommandContext,
  mode: Mode | undefined,
  { store, mirror: mirrors, dryRun = false }: RunOptions,
): Promise<void> {
  const { repairRuns } = await import("../../app/operations/index.js");
  const { app, json, notices, out } = context;
  const { repaired, left, sound, found } = await repairRuns(app, store, {
    ...{ mode, mirrors, dryRun },
    onProgress: progressOf(context, "repair"),
  });
  notices.clearStatus();
  for (const { finding, remedy } of repaired) {
    if (json) out.line(jsonLine({ type: "repaired", remedy, dryRun, ...finding }));
    else out.line(`${dryRun ? "would be " : ""}${remedy}  ${finding.key}: ${finding.reason}`);
  }
  for (const finding of left) {
    out.line(json ? jsonLine({ type: "finding", ...finding }) : findingText(finding));
  }
  const counts = { repaired: repaired.length, left: left.length, sound };
  if (json) out.line(jsonLine({ type: "repair-summary", dryRun, ...counts, found }));
  const verb = dryRun ? "would be mended" : "mended";
  notices.line(`${plural(repaired.length, "finding")} ${verb}, ${left.length} left`);
  if (!sound && !dryRun) throw damaged("some damage could not be mended, see the findings");
}

function progressOf({ notices }: CommandContext, label: string) {
  const began = performance.now();
  return ({ step, done, bytes }: VerifyRunsProgress) => {
    const bytesPerSecond = bytes / Math.max((performance.now() - began) / 1000, 1e-6);
    showProgress(notices, `${label} ${step}`, { bytes, objects: done, failed: 0, bytesPerSecond });
  };
}

function findingText({ kind, key, reason, advice }: Finding): string {
  return `${kind}  ${key}: ${reason}; ${advice}`;
}

function damaged(message: string): LodeError {
  return new LodeError({ code: "integrity", message });
}

export async function stats(
  { app, json, notices, out }: CommandContext,
  _: readonly string[],
  { store, human = false }: RunOptions,
): Promise<void> {
  const { measureRuns } = await import("../../app/operations/index.js");
  const measured = await measureRuns(app, store, {
    onProgress: (objects) => notices.status(`stats  ${objects} objects`),
  });
  notices.clearStatus();
  if (json) out.line(jsonLine({ type: "stats", ...measured }));
  else for (const line of statsLines(measured, human)) out.line(line);
}
