import { didYouMean } from "../../core/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import { parseTemplate } from "./template.js";

/** Views that have a name. */
export const STORAGE_MODES = ["by_project", "by_date", "by_type", "by_model", "flat"] as const;

/** A view: one of these, or a template such as `{project}/{yyyy}/{tag.region}`. */
export type StorageMode = (typeof STORAGE_MODES)[number] | (string & {});

/** Throws `invalid-argument` that names the nearest view or placeholder. */
export function checkStorageMode(text: string): StorageMode {
  if (isNamed(text)) return text;
  if (!text.includes("{")) {
    throw new LodeError({
      code: "invalid-argument",
      message: `${JSON.stringify(text)} is no view: give ${STORAGE_MODES.join(", ")}, or a template such as {project}/{yyyy}${didYouMean(text, STORAGE_MODES)}`,
    });
  }
  parseTemplate(text);
  return text;
}

export function isNamed(text: string): text is (typeof STORAGE_MODES)[number] {
  return (STORAGE_MODES as readonly string[]).includes(text);
}

/** Whether {@link checkStorageMode} takes it; views of newer versions are not known. */
export function isStorageMode(text: string): boolean {
  try {
    checkStorageMode(text);
    return true;
  } catch (error) {
    if (isLodeError(error, "invalid-argument")) return false;
    throw error;
  }
}
