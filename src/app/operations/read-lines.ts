import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import { LodeError } from "../../errors.js";
import type { AppContext } from "../app-context.js";

/**
 * The lines of a file, or of `stdin` where the name is `-`, as they come; blank lines and those that
 * begin with `#` are left out. Throws `invalid-argument` if the file cannot be read.
 */
export async function* readLines(
  app: AppContext,
  name: string,
  stdin: AsyncIterable<Uint8Array>,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  try {
    for await (const chunk of name === "-" ? stdin : fileBytes(app, name)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) if (isItem(line)) yield line.replace(/\r$/, "");
    }
    rest += decoder.decode();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (error instanceof LodeError) throw error;
    throw new LodeError({
      code: "invalid-argument",
      message: `the list ${name} cannot be read: ${code ?? message}`,
      cause: error,
    });
  }
  if (isItem(rest)) yield rest.replace(/\r$/, "");
}

function fileBytes(app: AppContext, name: string): AsyncIterable<Uint8Array> {
  return createReadStream(resolve(app.config.cwd, name), { signal: app.signal });
}

function isItem(line: string): boolean {
  return line.trim() !== "" && !line.startsWith("#");
}
