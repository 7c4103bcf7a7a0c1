import { LodeError } from "../../errors.js";
import { formatByteSize, parseByteSize } from "./byte-size.js";
import { formatDuration, parseDuration } from "./duration.js";

/** What a relative path is relative to, which depends on where the value was written. */
export interface ParseContext {
  readonly resolvePath: (path: string) => string;
}

/** One setting: the single source for its name, type, default, environment names and documentation. */
export interface Setting<T> {
  /** The word for its type in documentation: `size`, `duration`, `auto|path|virtual`. */
  readonly type: string;
  readonly default: T;
  /** Further names in the environment, first one first; `LODE_...` comes before them all. */
  readonly env: readonly string[];
  readonly description: string;
  /** Never shown. */
  readonly secret: boolean;
  /** Throws `invalid-argument` that says what is right. */
  readonly parse: (text: string, context: ParseContext) => T;
  readonly format: (value: T) => string;
}

interface Facts<T> {
  readonly description: string;
  readonly env?: readonly string[];
  readonly default?: T;
  readonly secret?: boolean;
}

type Required<T> = Facts<T> & { readonly default: T };

function make<T>(
  type: string,
  facts: Facts<T>,
  parse: Setting<T>["parse"],
  format: (value: T) => string = String,
): Setting<T> {
  return {
    type,
    default: facts.default as T,
    env: facts.env ?? [],
    description: facts.description,
    secret: facts.secret ?? false,
    parse,
    format: (value) => (value === undefined ? "" : format(value)),
  };
}

export function text(facts: Facts<string>): Setting<string | undefined> {
  return make<string | undefined>("text", facts, (value) => value);
}

/** A path of the local disk: made absolute from the folder of the file that it is written in. */
export function path(facts: Facts<string>): Setting<string | undefined> {
  return make<string | undefined>("path", facts, (value, context) => context.resolvePath(value));
}

/** A store's URI, or a path of the local disk. */
export function location(facts: Required<string>): Setting<string> {
  return make("URI or path", facts, (value, context) =>
    value.includes("://") ? value : context.resolvePath(value),
  );
}

export function choice<C extends string>(choices: readonly C[], facts: Required<C>): Setting<C> {
  return make(choices.join("|"), facts, (value) => {
    const found = choices.find((one) => one === value.toLowerCase());
    if (found !== undefined) return found;
    throw wrong(value, `one of ${choices.join(", ")}`);
  });
}

export function toggle(facts: Required<boolean>): Setting<boolean> {
  return make("true|false", facts, (value) => {
    if (/^(true|yes|on|1)$/i.test(value)) return true;
    if (/^(false|no|off|0)$/i.test(value)) return false;
    throw wrong(value, "true or false");
  });
}

export function count(
  facts: Required<number> & { readonly min: number; readonly max: number },
): Setting<number> {
  return make("number", facts, (value) => {
    const number = Number(value.replaceAll("_", ""));
    if (value.trim() !== "" && Number.isInteger(number)) return inside(number, facts, String);
    throw wrong(value, "a whole number");
  });
}

export function size(
  facts: Required<number> & { readonly min: number; readonly max: number },
): Setting<number> {
  return make(
    "size",
    facts,
    (value) => inside(parseByteSize(value), facts, formatByteSize),
    formatByteSize,
  );
}

/** In milliseconds. */
export function duration(
  facts: Required<number> & { readonly min: number; readonly max: number },
): Setting<number> {
  return make(
    "duration",
    facts,
    (value) => inside(parseDuration(value), facts, formatDuration),
    formatDuration,
  );
}

function inside(
  value: number,
  bounds: { readonly min: number; readonly max: number },
  format: (value: number) => string,
): number {
  if (value >= bounds.min && value <= bounds.max) return value;
  throw wrong(format(value), `between ${format(bounds.min)} and ${format(bounds.max)}`);
}

function wrong(value: string, right: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `${JSON.stringify(value)} is not right: it must be ${right}`,
  });
}
