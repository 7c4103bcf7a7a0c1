import { LodeError } from "../../errors.js";

/** Characters that are joined before they leave. */
const CHUNK_CHARACTERS = 256 * 1024;

/**
 * A JSON Lines file as a stream of chunks, a line for each value as `JSON.stringify` has it, ended by LF. Throws
 * `invalid-argument` with `details.line`, counted from 1, for a value that JSON has no text for.
 */
export async function* jsonlChunks(
  values: Iterable<unknown> | AsyncIterable<unknown>,
): AsyncGenerator<Uint8Array, void, undefined> {
  let text = "";
  let line = 0;
  for await (const value of values) {
    text += `${stringify(value, ++line)}\n`;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}

function stringify(value: unknown, line: number): string {
  let why = `there is no JSON for a ${typeof value}`;
  let cause: unknown;
  try {
    const text: string | undefined = JSON.stringify(value);
    if (text !== undefined) return text;
  } catch (error) {
    cause = error;
    why = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
  }
  throw new LodeError({
    code: "invalid-argument",
    message: `line ${line} of the JSON lines cannot be written: ${why}`,
    details: { line },
    cause,
  });
}
