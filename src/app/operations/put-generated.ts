import { type GenerateOptions, generateObject } from "../../datagen/index.js";
import { isLodeError, LodeError } from "../../errors.js";
import type { ObjectStore, PutBody } from "../../storage/index.js";
import type { AppContext } from "../app-context.js";
import { locationOf } from "../location.js";
import { BenchmarkRun, type BenchmarkState, type BenchmarkWatch } from "./benchmark.js";
import { objectName } from "./object-name.js";
import { folderAt } from "./resolve-target.js";
import { runPool } from "./run-pool.js";

export interface PutGeneratedOptions extends BenchmarkWatch {
  readonly concurrency: number;
  readonly num: number;
  /** What each object is. */
  readonly object: Omit<GenerateOptions, "index" | "count">;
  /** `{}` or `{:05}`: the first becomes the object's number from 0, the second how many there are. */
  readonly template: string;
  readonly createContainer?: boolean | undefined;
  /** Writes an index beside each object, under its name and `.idx`. */
  readonly indexFiles?: boolean | undefined;
  /** Leaves objects alone that are there with the right size. */
  readonly skipExisting?: boolean | undefined;
  readonly dryRun?: boolean | undefined;
  /** Told of each object and index that is there, or would be. */
  readonly onObject?: ((uri: string, bytes: number, status: PutStatus) => void) | undefined;
}

export type PutStatus = "done" | "planned" | "skipped";

/**
 * Writes generated objects, all different, to measure a store or to have data. The same seed gives
 * the same bytes again. Throws `invalid-argument`, before anything is written, for objects that cannot be and
 * for names that are the same.
 */
export async function putGenerated(
  app: AppContext,
  text: string,
  options: PutGeneratedOptions,
): Promise<{ readonly state: BenchmarkState; readonly run: BenchmarkRun }> {
  const { num, concurrency, dryRun, skipExisting } = options;
  checkNames(options);
  const planned = filesOf(options, 0);
  const { store, folder } = await folderAt(app, locationOf(text, app.config.cwd));
  if (options.createContainer === true && dryRun !== true) await createContainer(store, app.signal);
  const run = new BenchmarkRun(options);
  run.totalObjects = num * planned.length;
  run.totalBytes = num * planned.reduce((sum, { body }) => sum + body.length, 0);
  await runPool(numbers(num), Math.min(concurrency, num), async (index) => {
    for (const { name, body } of filesOf(options, index)) {
      const key = folder + name;
      const uri = store.uriOf(key);
      await run.attempt(app, uri, async () => {
        if (skipExisting === true && (await isThere(store, key, body.length, app.signal))) {
          options.onObject?.(uri, body.length, "skipped");
          return "skipped";
        }
        if (dryRun !== true) await write(store, key, body, app.signal);
        run.moved(body.length);
        options.onObject?.(uri, body.length, dryRun === true ? "planned" : "done");
        return "done";
      });
    }
  });
  return { state: run.state, run };
}

/** Objects of one name would overwrite each other. */
function checkNames({ num, template }: PutGeneratedOptions): void {
  if (num === 1 || objectName(template, 0, num) !== objectName(template, 1, num)) return;
  throw new LodeError({
    code: "invalid-argument",
    message: `the template ${JSON.stringify(template)} gives ${num} objects the same name; put {} into it`,
  });
}

/** The object of this number, and its index. */
function filesOf(
  options: PutGeneratedOptions,
  index: number,
): readonly { readonly name: string; readonly body: PutBody }[] {
  const { num, template, indexFiles } = options;
  const object = generateObject({ ...options.object, index, count: num });
  const name = objectName(template, index, num);
  if (indexFiles !== true) return [{ name, body: object }];
  if (object.indexFile === undefined) {
    throw new LodeError({
      code: "invalid-argument",
      message: `objects of type ${options.object.type} have no index files; TFRECORD has`,
    });
  }
  return [
    { name, body: object },
    { name: `${name}.idx`, body: object.indexFile() },
  ];
}

async function createContainer(store: ObjectStore, signal: AbortSignal): Promise<void> {
  try {
    await store.createContainer({ signal });
  } catch (error) {
    if (!isLodeError(error, "already-exists")) throw error;
  }
}

async function isThere(
  store: ObjectStore,
  key: string,
  bytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await store.head(key, { signal })).size === bytes;
  } catch (error) {
    if (isLodeError(error, "not-found")) return false;
    throw error;
  }
}

async function write(
  store: ObjectStore,
  key: string,
  body: PutBody,
  signal: AbortSignal,
): Promise<void> {
  if (body instanceof Uint8Array || body.length <= store.capabilities.maxPutBytes) {
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

async function* numbers(count: number): AsyncGenerator<number, void, undefined> {
  for (let index = 0; index < count; index++) yield index;
}
