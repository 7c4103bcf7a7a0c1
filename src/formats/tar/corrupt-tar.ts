import { LodeError } from "../../errors.js";

/** The error for an archive that is damaged or unsafe at `offset` (bytes from its start). */
export function corruptTar(offset: number, what: string): LodeError {
  return new LodeError({
    code: "corrupt-format",
    message: `the tar archive cannot be read at byte ${offset}: ${what}`,
    details: { offset },
  });
}
