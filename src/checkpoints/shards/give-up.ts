import { type LodeError, toLodeError } from "../../errors.js";

/** The failure, after what was begun has been given up; told too if that did not succeed. */
export async function giveUp(
  error: unknown,
  uri: string,
  abort: () => Promise<void>,
): Promise<LodeError> {
  const failure = toLodeError(error, "put", uri);
  try {
    await abort();
  } catch (cleanup) {
    const { message } = toLodeError(cleanup, "abort", uri);
    return failure.with({
      message: `${failure.message}; an unfinished upload is left, since giving it up failed (${message}): prune removes it`,
    });
  }
  return failure;
}
