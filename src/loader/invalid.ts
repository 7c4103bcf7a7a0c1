import { LodeError } from "../errors.js";

/** The error for an argument that cannot be. */
export function invalid(message: string): LodeError {
  return new LodeError({ code: "invalid-argument", message });
}
