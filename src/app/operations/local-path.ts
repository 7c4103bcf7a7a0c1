import { LodeError } from "../../errors.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { requireObjectKey } from "./require-object-key.js";

/** The path of a file that a program writes by itself. Throws `unsupported` for other stores. */
export function localPath(app: AppContext, text: string): string {
  const location = locationOf(text, app.config.cwd);
  const { scheme, key } = location.uri;
  requireObjectKey(location, key);
  if (scheme === "file") return `/${key}`;
  throw new LodeError({
    code: "unsupported",
    message: `${text} is no local file: write to a path, then copy it with lode cp`,
  });
}
