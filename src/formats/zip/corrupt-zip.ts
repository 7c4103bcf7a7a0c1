import { LodeError } from "../../errors.js";

export function corruptZip(why: string): LodeError {
  return new LodeError({ code: "corrupt-format", message: `the data is no valid zip: ${why}` });
}

export function unsupportedZip(what: string): LodeError {
  return new LodeError({ code: "unsupported", message: `the zip cannot be read: ${what}` });
}
