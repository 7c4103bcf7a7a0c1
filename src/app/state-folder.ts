import { access, constants } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { AppContext } from "./app-context.js";

/** What is kept there, and what it means to do without. */
const LOSSES = {
  transfers: "transfers that are interrupted will begin anew",
  trees: "files that have not changed will be read again",
  catalogues: "every run will be read",
} as const;

/**
 * The folder in which the command keeps something between its calls, or nothing, with a warning, where it cannot be
 * written: a read-only home is no reason not to work.
 */
export async function usableStateFolder(
  app: AppContext,
  kind: keyof typeof LOSSES,
): Promise<string | undefined> {
  const { cacheFolder, stateFolder } = app.config;
  const base = kind === "catalogues" ? cacheFolder : stateFolder;
  if (base === undefined) return undefined;
  const wanted = join(base, kind);
  for (let folder = wanted; ; folder = dirname(folder)) {
    try {
      await access(folder, constants.W_OK);
      return wanted;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENOENT" && dirname(folder) !== folder) continue;
      const message = `${folder} cannot be written (${code}): ${LOSSES[kind]}`;
      app.onWarning({ code: "no-state-folder", message });
      return undefined;
    }
  }
}
