import { setTimeout as sleep } from "node:timers/promises";

export interface AnswerOptions {
  /** Whether a response shows that the server is ready; its body may be read. */
  readonly accept: (response: Response) => boolean | Promise<boolean>;
  /** Rejects when the server cannot become ready any more. */
  readonly failure: Promise<never>;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

const DEFAULT_TIMEOUT_MS = 60_000;
const REQUEST_TIMEOUT_MS = 5_000;
const POLL_MS = 25;

/**
 * Sends GET requests to `url` until a response is accepted.
 *
 * @throws Error with the last thing seen, after the timeout; the reason of `failure` or `signal`.
 */
export async function waitUntilAnswering(url: string, options: AnswerOptions): Promise<void> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const deadline = Date.now() + timeoutMs;
  let last = "no answer";
  while (Date.now() < deadline) {
    options.signal?.throwIfAborted();
    const seen = await Promise.race([ask(url, options.accept), options.failure]);
    if (seen === undefined) return;
    last = seen;
    await sleep(POLL_MS);
  }
  throw new Error(`${url} is not ready after ${timeoutMs} ms; last seen: ${last}`);
}

/** Undefined for an accepted response, otherwise what happened instead. */
async function ask(url: string, accept: AnswerOptions["accept"]): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
    const accepted = await accept(response);
    if (!response.bodyUsed) await response.body?.cancel();
    return accepted ? undefined : `status ${response.status}`;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return String(cause);
  }
}
