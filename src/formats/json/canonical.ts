import { LodeError } from "../../errors.js";
import { LONE_SURROGATE } from "../lone-surrogate.js";
import { isPlainObject } from "../plain-object.js";

/** Deeper values are taken for endless ones. */
const MAX_DEPTH = 1000;
const PLAIN_NAME = /^[A-Za-z_$][\w$]*$/;

/**
 * The canonical JSON text of RFC 8785 (JCS): no spaces, keys in order of their UTF-16 units, numbers as ECMAScript
 * prints them (so that -0 is 0). Equal values have equal texts; its UTF-8 is what is hashed and stored. Members that
 * are undefined are left out, as by `JSON.stringify`. Throws `invalid-argument` with the path as `details.path` for
 * everything else that JSON cannot hold: NaN, infinities, undefined and holes in arrays, bigint, functions, symbols,
 * half surrogate pairs, Map, Date and all other instances of classes (`toJSON` is never called), and cycles.
 */
export function canonicalJson(value: unknown): string {
  return new Canonical().text(value);
}

class Canonical {
  readonly #path: (string | number)[] = [];
  readonly #open = new Set<object>();

  text(value: unknown): string {
    switch (typeof value) {
      case "string":
        return this.#string(value);
      case "boolean":
        return value ? "true" : "false";
      case "number":
        if (Number.isFinite(value)) return JSON.stringify(value);
        throw this.#refused(`${value} is no number of JSON`);
      case "object":
        return value === null ? "null" : this.#nested(value);
      case "bigint":
        throw this.#refused("a bigint has no place in JSON; give a string");
      default:
        throw this.#refused(`there is no JSON for ${typeof value}`);
    }
  }

  #string(text: string): string {
    if (LONE_SURROGATE.test(text)) throw this.#refused("text has half of a surrogate pair");
    return JSON.stringify(text);
  }

  #nested(value: object): string {
    if (this.#open.has(value)) throw this.#refused("a value is inside itself");
    if (this.#path.length > MAX_DEPTH)
      throw this.#refused(`there are more than ${MAX_DEPTH} levels`);
    this.#open.add(value);
    const text = Array.isArray(value) ? this.#array(value) : this.#object(value);
    this.#open.delete(value);
    return text;
  }

  #array(values: readonly unknown[]): string {
    const texts: string[] = [];
    for (let i = 0; i < values.length; i++) {
      this.#path.push(i);
      texts.push(this.text(values[i]));
      this.#path.pop();
    }
    return `[${texts.join(",")}]`;
  }

  #object(value: object): string {
    if (!isPlainObject(value)) {
      throw this.#refused(`there is no JSON for ${className(value)}`);
    }
    if (Object.getOwnPropertySymbols(value).length > 0) {
      throw this.#refused("a symbol is no key of JSON");
    }
    const texts: string[] = [];
    // Without a comparison `sort` goes by UTF-16 units, as the RFC does.
    for (const key of Object.keys(value).sort()) {
      const member = value[key];
      if (member === undefined) continue;
      this.#path.push(key);
      texts.push(`${this.#string(key)}:${this.text(member)}`);
      this.#path.pop();
    }
    return `{${texts.join(",")}}`;
  }

  #refused(why: string): LodeError {
    let path = "$";
    for (const part of this.#path.slice(0, 20)) {
      const name = typeof part === "string" && PLAIN_NAME.test(part);
      path += name ? `.${part}` : `[${JSON.stringify(part)}]`;
    }
    if (this.#path.length > 20) path += "…";
    return new LodeError({
      code: "invalid-argument",
      message: `a value cannot be written as JSON: at ${path.slice(0, 300)} ${why}`,
      details: { path },
    });
  }
}

function className(value: object): string {
  const { name } = (Reflect.get(value, "constructor") ?? {}) as { name?: unknown };
  return typeof name === "string" && name !== "" ? name : "an instance of a class";
}
