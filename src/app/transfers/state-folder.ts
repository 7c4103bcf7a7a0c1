import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import type { AppContext } from "../app-context.js";

/**
 * The folder in which interrupted transfers leave what they need to go on, or nothing, with a warning,
 * where it cannot be written: a read-only home is no reason not to copy.
 */
export async function usableStateFolder(app: AppContext): Promise<string | undefined> {
  const { stateFolder } = app.config;
  if (stateFolder === undefined) return undefined;
  for (let folder = stateFolder; ; folder = dirname(folder)) {
    try {
      await access(folder, constants.W_OK);
      return stateFolder;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENOENT" && dirname(folder) !== folder) continue;
      const message = `${folder} cannot be written (${code}): transfers that are interrupted will begin anew`;
      app.onWarning({ code: "no-state-folder", message });
      return undefined;
    }
  }
}
