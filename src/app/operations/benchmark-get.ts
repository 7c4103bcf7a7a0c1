import { abortable, type ByteRange } from "../../core/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { BenchmarkRun, type BenchmarkState, type BenchmarkWatch } from "./benchmark.js";
import { noMatch, resolveSource, type SourceOptions } from "./resolve-source.js";
import { runPool } from "./run-pool.js";
import { selectedObjects } from "./selected-objects.js";

export interface BenchmarkGetOptions extends SourceOptions, BenchmarkWatch {
  readonly concurrency: number;
  readonly range?: ByteRange | undefined;
  /** URIs of objects, in place of a location. */
  readonly uris?: AsyncIterable<string> | undefined;
}

interface Readable {
  readonly store: ObjectStore;
  readonly key: string;
}

/**
 * Reads objects and throws the data away, to measure a store. What is listed begins to be read at
 * once; each object is one `get`, verified like any other.
 */
export async function benchmarkGet(
  app: AppContext,
  text: string | undefined,
  options: BenchmarkGetOptions,
): Promise<{ readonly state: BenchmarkState; readonly run: BenchmarkRun }> {
  const run = new BenchmarkRun(options);
  const items =
    options.uris === undefined
      ? selected(app, text ?? ".", options, run)
      : listed(app, options.uris);
  await runPool(items, options.concurrency, ({ store, key }) =>
    run.attempt(app, store.uriOf(key), async () => {
      const { body } = await store.get(key, { range: options.range, signal: app.signal });
      for await (const chunk of body) run.moved(chunk.length);
      return "done";
    }),
  );
  if (run.objects + run.failed === 0) throw noMatch(text ?? "the list");
  return { state: run.state, run };
}

async function* selected(
  app: AppContext,
  text: string,
  options: BenchmarkGetOptions,
  run: BenchmarkRun,
): AsyncGenerator<Readable, void, undefined> {
  let objects = 0;
  let bytes = 0;
  for (const source of await resolveSource(app, text, options)) {
    for await (const page of selectedObjects(source, app.signal)) {
      for (const { key, size } of page) {
        if (key.endsWith("/")) continue;
        objects++;
        bytes += size;
        yield { store: source.store, key };
      }
    }
  }
  run.totalObjects = objects;
  run.totalBytes = options.range === undefined ? bytes : undefined;
}

async function* listed(
  app: AppContext,
  uris: AsyncIterable<string>,
): AsyncGenerator<Readable, void, undefined> {
  // A pipe may be silent for long: an abort is heard all the same.
  for await (const uri of abortable(uris, app.signal, "get"))
    yield app.stores.locate(locationOf(uri, app.config.cwd));
}
