import { isLodeError } from "../../errors.js";
import type { ObjectStore, ReplayableBody } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { BenchmarkRun, type BenchmarkState, type BenchmarkWatch } from "./benchmark.js";
import { randomBody } from "./random-body.js";
import { folderAt } from "./resolve-target.js";
import { runPool } from "./run-pool.js";

export interface BenchmarkPutOptions extends BenchmarkWatch {
  readonly concurrency: number;
  readonly num: number;
  /** In bytes. */
  readonly size: number;
  /** The first `{}` becomes the object's number from 0, the second one how many there are. */
  readonly template: string;
  readonly seed: string;
  readonly createContainer?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  /** Told of each object that is there, or would be. */
  readonly onObject?: ((uri: string) => void) | undefined;
}

/**
 * Writes objects of incompressible bytes, all different, to measure a store. The same seed gives the
 * same bytes again.
 */
export async function benchmarkPut(
  app: AppContext,
  text: string,
  options: BenchmarkPutOptions,
): Promise<{ readonly state: BenchmarkState; readonly run: BenchmarkRun }> {
  const { num, size, concurrency, dryRun } = options;
  const { store, folder } = await folderAt(app, locationOf(text, app.config.cwd));
  if (options.createContainer === true && dryRun !== true) {
    try {
      await store.createContainer({ signal: app.signal });
    } catch (error) {
      if (!isLodeError(error, "already-exists")) throw error;
    }
  }
  const run = new BenchmarkRun(options);
  run.totalObjects = num;
  run.totalBytes = num * size;
  await runPool(numbers(num), Math.min(concurrency, num), async (index) => {
    const key = folder + objectName(options.template, index, num);
    const uri = store.uriOf(key);
    await run.attempt(app, uri, async () => {
      if (dryRun !== true)
        await write(store, key, randomBody(options.seed, index, size), app.signal);
      run.moved(size);
      options.onObject?.(uri);
    });
  });
  return { state: run.state, run };
}

async function write(
  store: ObjectStore,
  key: string,
  body: ReplayableBody,
  signal: AbortSignal,
): Promise<void> {
  if (body.length <= store.capabilities.maxPutBytes) {
    await store.put(key, body, { signal });
    return;
  }
  const writer = store.writable(key, { signal });
  try {
    for await (const chunk of body.stream()) await writer.write(chunk);
    await writer.close();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/** The name of an object by its template. */
export function objectName(template: string, index: number, num: number): string {
  return template.replace("{}", String(index)).replace("{}", String(num));
}

async function* numbers(count: number): AsyncGenerator<number, void, undefined> {
  for (let index = 0; index < count; index++) yield index;
}
