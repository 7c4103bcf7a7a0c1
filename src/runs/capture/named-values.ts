import { LodeError, toLodeError } from "../../errors.js";
import { isOnDisk, snapshot } from "./snapshot.js";

/** A value under the name that a run gives it, or why there is none. */
export type NamedValue =
  | { readonly name: string; readonly value: unknown }
  | { readonly name: string; readonly problem: LodeError };

type ByName = Readonly<Record<string, unknown>>;

/** The inputs of a call. What is undefined is none. */
export function namedInputs(
  inputs: readonly (string | null)[] | ((...args: never[]) => ByName) | undefined,
  args: readonly unknown[],
): NamedValue[] {
  if (inputs === undefined) return [];
  if (typeof inputs === "function") return told("inputs", () => inputs(...(args as never[])));
  return present(
    inputs.flatMap((name, place) => (name === null ? [] : [{ name, value: args[place] }])),
  );
}

/** The outputs in a result. */
export function namedOutputs(
  outputs: string | readonly string[] | ((result: never) => ByName),
  result: unknown,
): NamedValue[] {
  if (typeof outputs === "string") return present([{ name: outputs, value: result }]);
  if (typeof outputs === "function") return told("outputs", () => outputs(result as never));
  if (outputs.length === 0) return [];
  if (Array.isArray(result) && result.length !== outputs.length) {
    const counts = `the result has ${result.length} items, and there are names for ${outputs.length}`;
    return [problem("*", counts)];
  }
  return outputs.map((name, place) => part(name, Array.isArray(result) ? place : name, result));
}

/** Values as they are now. Outputs may lie on the disk, which is read later. */
export function snapshots(role: "inputs" | "outputs", values: readonly NamedValue[]): NamedValue[] {
  return values.map((named) => {
    if ("problem" in named || (role === "outputs" && isOnDisk(named.value))) return named;
    try {
      return { name: named.name, value: snapshot(named.value) };
    } catch (error) {
      return { name: named.name, problem: toLodeError(error) };
    }
  });
}

function part(name: string, key: string | number, result: unknown): NamedValue {
  if (typeof result === "object" && result !== null && Object.hasOwn(result, key)) {
    return { name, value: (result as Record<string | number, unknown>)[key] };
  }
  return problem(name, "the result has no such field");
}

function told(role: string, tell: () => ByName): NamedValue[] {
  try {
    return present(Object.entries(tell()).map(([name, value]) => ({ name, value })));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [problem("*", `the function that tells the ${role} threw: ${why}`, error)];
  }
}

function present<T extends { readonly value: unknown }>(values: readonly T[]): T[] {
  return values.filter(({ value }) => value !== undefined);
}

function problem(name: string, message: string, cause?: unknown): NamedValue {
  return { name, problem: new LodeError({ code: "invalid-argument", message, cause }) };
}
