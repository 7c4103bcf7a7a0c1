import type { DataDiff, DiffState, RunDiff, ValueDiff } from "../../app/operations/index.js";
import type { DataReference } from "../../runs/index.js";
import { aligned } from "./aligned.js";
import { valueText } from "./run-text.js";

const SIGNS: Readonly<Record<DiffState, string>> = {
  same: "=",
  changed: "~",
  "only-in-first": "-",
  "only-in-second": "+",
};

/** One line a thing that either run has: `=` same, `~` changed, `-` only in the first, `+` only in the second. */
export function diffLines({ data, values }: RunDiff): string[] {
  const rows = [
    ...data.map((diff) => [SIGNS[diff.state], diff.field, diff.name, dataText(diff)]),
    ...values.map((diff) => [SIGNS[diff.state], diff.field, diff.name, valuesText(diff)]),
  ];
  return aligned(rows, 4);
}

function valuesText({ state, first, second }: ValueDiff): string {
  if (state === "same") return valueText(first);
  if (state === "changed") return `${valueText(first)} -> ${valueText(second)}`;
  return valueText(state === "only-in-first" ? first : second);
}

function dataText({ state, first, second, columns }: DataDiff): string {
  const [only] = [first, second].filter((one) => one !== undefined);
  if (state !== "changed" || first === undefined || second === undefined) {
    return only === undefined ? "" : referenceText(only);
  }
  const changes = [
    ...(columns?.added.map((name) => `+${name}`) ?? []),
    ...(columns?.removed.map((name) => `-${name}`) ?? []),
    ...(columns?.retyped.map((name) => `~${name}`) ?? []),
  ];
  const text = `${referenceText(first)} -> ${referenceText(second)}`;
  return changes.length === 0 ? text : `${text} (columns ${changes.join(" ")})`;
}

function referenceText({ type, size, shape, hash }: DataReference): string {
  const what = shape === undefined ? `${size} bytes` : shape.join("x");
  return `${type} ${what} ${hash.slice(0, 12)}`;
}
