import { LodeError } from "../../errors.js";
import { compareCheckpoints, type NamedManifest, nameText } from "../manifest/index.js";

/** Which checkpoints stay. One that any of the rules keeps stays; without a rule all do. */
export interface RetentionRules {
  /** The newest ones, from 1. */
  readonly keepLast?: number | undefined;
  /** The newest one of each step that this divides. */
  readonly keepEvery?: number | undefined;
  /** Those with the least or greatest value of a metric. Default of `count`: 1. */
  readonly keepBest?:
    | {
        readonly metric: string;
        readonly mode: "min" | "max";
        readonly count?: number | undefined;
      }
    | undefined;
}

/** Throws `invalid-argument` for rules that say nothing sensible. */
export function checkRules({ keepLast, keepEvery, keepBest }: RetentionRules): void {
  const counts = { keepLast, keepEvery, "count of keepBest": keepBest?.count };
  for (const [name, value] of Object.entries(counts)) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw invalid(`${name} is ${value}; give an integer from 1`);
  }
  if (keepBest !== undefined && keepBest.mode !== "min" && keepBest.mode !== "max") {
    throw invalid(`mode of keepBest is ${JSON.stringify(keepBest.mode)}; give "min" or "max"`);
  }
}

/**
 * By the text of each name, the rules that keep it; undefined if there are no rules. Throws
 * `invalid-argument` if no checkpoint has the metric, which would mean to keep none.
 */
export function keptByRules(
  checkpoints: readonly NamedManifest[],
  rules: RetentionRules,
): Map<string, string[]> | undefined {
  const { keepLast, keepEvery, keepBest } = rules;
  if (keepLast === undefined && keepEvery === undefined && keepBest === undefined) return undefined;
  const newestFirst = [...checkpoints].sort((a, b) => compareCheckpoints(b, a));
  const kept = new Map<string, string[]>();
  const keep = (rule: string, ones: readonly NamedManifest[]) => {
    for (const { name } of ones) {
      const text = nameText(name);
      kept.set(text, [...(kept.get(text) ?? []), rule]);
    }
  };
  if (keepLast !== undefined) keep("last", newestFirst.slice(0, keepLast));
  if (keepEvery !== undefined) {
    const steps = new Set<number>();
    keep(
      "every",
      newestFirst.filter(({ name: { step } }) => {
        if (step % keepEvery !== 0 || steps.has(step)) return false;
        steps.add(step);
        return true;
      }),
    );
  }
  if (keepBest !== undefined && checkpoints.length > 0) keep("best", best(newestFirst, keepBest));
  return kept;
}

/** Of equal ones the newer. */
function best(
  newestFirst: readonly NamedManifest[],
  { metric, mode, count = 1 }: NonNullable<RetentionRules["keepBest"]>,
): NamedManifest[] {
  const value = ({ manifest: { metrics } }: NamedManifest): number | undefined =>
    metrics !== undefined && Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
  const measured = newestFirst.filter((one) => value(one) !== undefined);
  if (measured.length === 0) {
    const known = new Set(
      newestFirst.flatMap(({ manifest }) => Object.keys(manifest.metrics ?? {})),
    );
    throw invalid(
      `no checkpoint has the metric ${JSON.stringify(metric)}; there ${known.size === 0 ? "are none" : `is ${[...known].slice(0, 10).join(", ")}`}`,
    );
  }
  const sign = mode === "min" ? 1 : -1;
  return measured.sort((a, b) => sign * (value(a)! - value(b)!)).slice(0, count);
}

function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
