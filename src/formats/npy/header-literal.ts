import { LodeError } from "../../errors.js";

/** What the header of an .npy file says, as it stands there. */
export interface HeaderLiteral {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** A whole number below 2^53 has at most 16 digits; `L` is how Python 2 ended long ones. */
const INTEGER = /(0|[1-9][0-9]{0,15})L?/y;
const SPACE = /[ \t\r\n]*/y;
const WORD = /True|False/y;
/** No escapes: no name of a number type needs one. */
const STRING = /'([^'\\\r\n]*)'|"([^"\\\r\n]*)"/y;

/**
 * Parses the Python dict of NEP 1: exactly the keys `descr`, `fortran_order` and `shape`, in any
 * order. Nothing is evaluated; time is linear. Throws `corrupt-format`, or `unsupported` for
 * structured dtypes.
 */
export function parseHeaderLiteral(text: string): HeaderLiteral {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at += match[0].length;
    return match ?? undefined;
  };
  const skip = (character: string): boolean => {
    take(SPACE);
    if (text[at] !== character) return false;
    at++;
    take(SPACE);
    return true;
  };
  const must = (character: string): void => {
    if (!skip(character)) throw corrupt(`${JSON.stringify(character)} is missing`, at);
  };
  const string = (what: string): string => {
    const match = take(STRING);
    if (match === undefined) throw corrupt(`${what} is no string without escapes`, at);
    return match[1] ?? match[2] ?? "";
  };
  const parse: Record<string, () => unknown> = {
    descr: () => {
      if (text[at] === "[" || text[at] === "(") throw structured();
      return string("descr");
    },
    fortran_order: () => {
      const word = take(WORD);
      if (word === undefined) throw corrupt("fortran_order is neither True nor False", at);
      return word[0] === "True";
    },
    shape: () => {
      const axes: number[] = [];
      must("(");
      while (!skip(")")) {
        const axis = Number(take(INTEGER)?.[1] ?? Number.NaN);
        if (!Number.isSafeInteger(axis)) throw corrupt("shape has an axis that is no length", at);
        axes.push(axis);
        const more = skip(",");
        if (!more && text[at] !== ")") throw corrupt("shape is no tuple of lengths", at);
        if (!more && axes.length === 1) throw corrupt("shape is (n), a number, not (n,)", at);
      }
      return axes;
    },
  };

  const found = new Map<string, unknown>();
  must("{");
  while (!skip("}")) {
    const key = string("a key");
    const value = Object.hasOwn(parse, key) ? parse[key] : undefined;
    if (value === undefined) throw corrupt(`the key ${JSON.stringify(key)} is unknown`, at);
    if (found.has(key)) throw corrupt(`the key ${key} stands there twice`, at);
    must(":");
    found.set(key, value());
    if (!skip(",") && text[at] !== "}") throw corrupt("the dict does not go on", at);
  }
  if (at !== text.length) throw corrupt("there is more behind the dict", at);
  for (const key of Object.keys(parse)) {
    if (!found.has(key)) throw corrupt(`the key ${key} is missing`, at);
  }
  return {
    descr: found.get("descr") as string,
    fortranOrder: found.get("fortran_order") as boolean,
    shape: found.get("shape") as number[],
  };
}

function structured(): LodeError {
  return new LodeError({
    code: "unsupported",
    message:
      "the npy array has a structured dtype, which is not read; save each of its fields as an array",
  });
}

function corrupt(why: string, at: number): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the npy header is damaged: ${why} (character ${at})`,
    details: { character: at },
  });
}
