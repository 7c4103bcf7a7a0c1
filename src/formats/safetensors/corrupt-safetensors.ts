import { LodeError } from "../../errors.js";

export function corruptSafetensors(why: string, cause?: unknown): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the data is no valid safetensors: ${why}`,
    cause,
  });
}

/** Text from a file or a caller, at a length that fits into a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
