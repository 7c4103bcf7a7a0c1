import { LodeError } from "../errors.js";

/** Where a JSON value stands, for messages. */
export interface JsonPlace {
  /** What the document is to be: `checkpoint manifest`. */
  readonly what: string;
  readonly uri: string;
  /** Of the value in the document: `shards[3].`; empty at the top. */
  readonly path: string;
}

/** The document as a value. Throws `corrupt-format` for what is no JSON or could reach a prototype. */
export function parseJson(text: string, what: string, uri: string): unknown {
  try {
    // A key can be written by escapes too.
    return text.includes("__proto__") || text.includes("\\u005")
      ? JSON.parse(text, refuseProto)
      : JSON.parse(text);
  } catch (cause) {
    // The engine's message quotes the text.
    const why = cause instanceof Error ? cause.message.slice(0, 200).replace(/\s+/g, " ") : "";
    throw corruptJson({ what, uri, path: "" }, `it is no JSON that can be read: ${why}`, cause);
  }
}

/** For `JSON.parse` and `JSON.stringify`: throws at a key that could reach a prototype. */
export function refuseProto(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new Error("it has a key __proto__");
  return value;
}

export function corruptJson(place: JsonPlace, why: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `${place.uri} is no ${place.what}: ${why}`,
    uri: place.uri,
    cause,
  });
}

/** The fields of a JSON object from outside, each checked as it is taken; unknown ones are left alone. */
export class JsonFields {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly place: JsonPlace;

  /** Throws `corrupt-format` if the value is no object; so does each method for what is not as it says. */
  constructor(value: unknown, place: JsonPlace) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      const where = place.path === "" ? "it" : place.path.replace(/\.$/, "");
      throw corruptJson(place, `${where} is no object`);
    }
    this.#fields = value as Record<string, unknown>;
    this.place = place;
  }

  /** Undefined where it is missing. */
  value(name: string): unknown {
    return Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined;
  }

  has(name: string): boolean {
    return (this.value(name) ?? null) !== null;
  }

  text(name: string): string {
    const value = this.value(name);
    if (typeof value === "string") return value;
    throw this.wrong(name, "a text");
  }

  /** Null where it is missing or null. */
  optionalText(name: string): string | null {
    return this.has(name) ? this.text(name) : null;
  }

  /** From 0 and exact in a double. */
  integer(name: string): number {
    const value = this.value(name);
    if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
    throw this.wrong(name, "an integer from 0 to 2^53 - 1");
  }

  list(name: string): readonly unknown[] {
    const value = this.value(name);
    if (Array.isArray(value)) return value;
    throw this.wrong(name, "a list");
  }

  object(name: string): JsonFields {
    return new JsonFields(this.value(name), {
      ...this.place,
      path: `${this.place.path}${name}.`,
    });
  }

  entries(): [string, unknown][] {
    return Object.entries(this.#fields);
  }

  wrong(name: string, expected: string): LodeError {
    const value = this.value(name);
    const found = value === undefined ? "missing" : shorten(JSON.stringify(value));
    return corruptJson(this.place, `${this.place.path}${name} is ${found}, not ${expected}`);
  }
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
