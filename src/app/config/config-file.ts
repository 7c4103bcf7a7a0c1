import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { didYouMean } from "../../core/index.js";
import { LodeError } from "../../errors.js";
import { isSettingName, SETTING_NAMES } from "./settings.js";

/** The name of a project's file, looked for upwards, and of the user's own. */
export const CONFIG_FILE_NAME = "lode.yaml";

/** A file of settings has some lines; a larger one is something else. */
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_ALIASES = 100;

/** One setting as written in a file. */
export interface FileEntry {
  readonly text: string;
  readonly line: number;
}

/** The text of a file, or nothing if there is none. Throws `invalid-config` if it cannot be read. */
export async function readOptional(path: string): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > MAX_FILE_BYTES) {
      throw new LodeError({
        code: "invalid-config",
        message: `${path} is over ${MAX_FILE_BYTES} bytes, too large for settings`,
      });
    }
    return await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    if (error instanceof LodeError) throw error;
    throw new LodeError({
      code: "invalid-config",
      message: `${path} cannot be read: ${code ?? "unknown reason"}`,
      cause: error,
    });
  }
}

/** The nearest `lode.yaml` in the folder or above it. */
export async function findProjectFile(
  folder: string,
): Promise<{ path: string; text: string } | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, CONFIG_FILE_NAME);
    const text = await readOptional(path);
    if (text !== undefined) return { path, text };
    if (dirname(at) === at) return undefined;
  }
}

/**
 * The settings of a `lode.yaml`, by name. Throws `invalid-config` naming file and line for what is
 * no YAML, for an unknown name (with a suggestion) and for a value that is no scalar.
 */
export async function parseConfigFile(path: string, text: string): Promise<Map<string, FileEntry>> {
  const { LineCounter, isAlias, isMap, isScalar, parseDocument, visit } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, version: "1.2" });
  const fail = (offset: number | undefined, why: string): LodeError => {
    const line = offset === undefined ? "" : `:${lines.linePos(offset).line}`;
    return new LodeError({ code: "invalid-config", message: `${path}${line}: ${why}` });
  };
  const [problem] = document.errors;
  if (problem !== undefined) throw fail(problem.pos[0], problem.message.split("\n")[0] ?? "");
  let aliases = 0;
  visit(document, {
    Alias: (_, node) => {
      if (++aliases > MAX_ALIASES) throw fail(node.range?.[0], "it has too many aliases");
    },
  });

  const entries = new Map<string, FileEntry>();
  const walk = (given: unknown, prefix: string, depth: number): void => {
    const node = isAlias(given) ? given.resolve(document) : given;
    if (node === undefined || node === null || (isScalar(node) && node.value === null)) return;
    const offset = (node as { range?: [number, number, number] | null } | undefined)?.range?.[0];
    if (!isMap(node)) throw fail(offset, `expected names and values under ${prefix || "the top"}`);
    if (depth > 4) throw fail(offset, "it is nested too deeply");
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? String(pair.key.value) : "";
      const keyOffset = isScalar(pair.key) ? pair.key.range?.[0] : offset;
      const name = prefix === "" ? key : `${prefix}.${key}`;
      const value = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
      if (isSettingName(name)) {
        if (isScalar(value) && value.value === null) continue;
        if (!isScalar(value)) throw fail(keyOffset, `${name} must be one value`);
        entries.set(name, {
          text: String(value.source ?? value.value),
          line: lines.linePos(keyOffset ?? 0).line,
        });
      } else if (SETTING_NAMES.some((known) => known.startsWith(`${name}.`))) {
        walk(value, name, depth + 1);
      } else {
        throw fail(keyOffset, `there is no setting ${name}${didYouMean(name, SETTING_NAMES)}`);
      }
    }
  };
  walk(document.contents, "", 0);
  return entries;
}
