import type { AppContext } from "../app-context.js";
import { resolveSource, runPool, type Source, type SourceOptions } from "../operations/index.js";

/** Requests in flight while names are looked up. */
const CONCURRENCY = 32;

/** A source and the text that named it. */
export interface NamedSource {
  readonly text: string;
  readonly source: Source;
}

/**
 * What each of many texts means, in their order, looked up at the same time. Where one means nothing,
 * a tolerated failure counts as nothing; any other is thrown.
 */
export async function resolveAll(
  app: AppContext,
  texts: readonly string[],
  options: SourceOptions,
  isTolerated: (error: unknown) => boolean = () => false,
): Promise<NamedSource[]> {
  const found: NamedSource[][] = texts.map(() => []);
  await runPool(entries(texts), CONCURRENCY, async ([index, text]) => {
    try {
      const sources = await resolveSource(app, text, options);
      found[index] = sources.map((source) => ({ text, source }));
    } catch (error) {
      if (!isTolerated(error)) throw error;
    }
  });
  return found.flat();
}

async function* entries(texts: readonly string[]): AsyncGenerator<[number, string], void> {
  yield* texts.entries();
}
