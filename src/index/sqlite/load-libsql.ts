import type LibsqlDatabase from "libsql";
import { LodeError } from "../../errors.js";

let loaded: typeof LibsqlDatabase | undefined;

/** Ten megabytes of native code, for who opens a database only. Throws `unsupported` where there is no build of it. */
export async function loadLibsql(): Promise<typeof LibsqlDatabase> {
  if (loaded !== undefined) return loaded;
  try {
    loaded = (await import("libsql")).default;
    return loaded;
  } catch (cause) {
    throw new LodeError({
      code: "unsupported",
      message: `SQLite cannot be loaded on ${process.platform}-${process.arch}: install the optional dependencies of libsql, or do without an index`,
      cause,
    });
  }
}
