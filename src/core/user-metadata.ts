import { LodeError } from "../errors.js";

const NAME = /^[a-z0-9_-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
const CONTROL = /[\u0000-\u001f\u007f]/;

/** What travels beside an object's bytes and becomes headers at most providers. */
export interface ObjectAttributes {
  readonly contentType?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly storageClass?: string | undefined;
}

/**
 * Refuses (`invalid-argument`) what could not travel as a header or would forge one: a metadata name
 * other than `a-z 0-9 - _`, and a control character, above all CR or LF, in any value.
 */
export function validateAttributes(attributes: ObjectAttributes): void {
  check("content type", attributes.contentType);
  check("storage class", attributes.storageClass);
  for (const [name, value] of Object.entries(attributes.metadata ?? {})) {
    if (!NAME.test(name)) {
      throw refused(`metadata name ${JSON.stringify(name)}`, "use only a-z, 0-9, - and _");
    }
    check(`metadata ${name}`, value);
  }
}

function check(what: string, value: string | undefined): void {
  if (value !== undefined && CONTROL.test(value)) {
    throw refused(`the ${what}`, "it has a control character such as a line break");
  }
}

function refused(what: string, why: string): LodeError {
  return new LodeError({
    code: "invalid-argument",
    message: `${what} cannot be stored: ${why}`,
  });
}
