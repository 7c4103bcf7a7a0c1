import type { PythonJson } from "../../../formats/index.js";

/** Python's `repr` of a float: the shortest digits that give it again, an exponent below 1e-4 and from 1e16 on. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [digits = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? "-" : "+";
    return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const negative = digits.startsWith("-");
  const plain = digits.replace(/[-.]/g, "");
  const body =
    exponent < 0
      ? `0.${"0".repeat(-exponent - 1)}${plain}`
      : `${plain.slice(0, exponent + 1).padEnd(exponent + 1, "0")}.${plain.slice(exponent + 1) || "0"}`;
  return negative ? `-${body}` : body;
}

/**
 * Python's `json.dumps(value, sort_keys=True)` of what {@link parsePythonJson} gives with `exactIntegers: "all"`:
 * bigint is an int, number a float. `numericKeys`: keys that are whole numbers in every case are in order of their
 * numbers, as they were if they were ints in Python.
 */
export function pythonDumps(value: PythonJson, numericKeys = false): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "boolean":
      return String(value);
    case "bigint":
      return value.toString();
    case "number":
      return jsonFloat(value);
    case "string":
      return jsonString(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((item) => pythonDumps(item, numericKeys)).join(", ")}]`;
  }
  const keys = Object.keys(value);
  const whole = numericKeys && keys.every((key) => /^-?[0-9]{1,15}$/.test(key));
  keys.sort(whole ? (a, b) => Number(a) - Number(b) : byCodePoint);
  const members = keys.map(
    (key) => `${jsonString(key)}: ${pythonDumps(value[key] as PythonJson, numericKeys)}`,
  );
  return `{${members.join(", ")}}`;
}

/** Python's `str` of a value that is neither a list nor a dict. */
export function pythonStr(value: null | boolean | number | bigint | string): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "number" ? pythonFloat(value) : String(value);
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return pythonFloat(value);
}

/** DEL and all beyond ASCII as `\uXXXX`; JSON.stringify escapes the rest as Python does. */
function jsonString(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    // Surrogates stand for code points above all others of one unit.
    return isSurrogate(left) === isSurrogate(right) ? left - right : isSurrogate(left) ? 1 : -1;
  }
  return a.length - b.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
