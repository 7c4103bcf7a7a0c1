import assert from "node:assert/strict";
import { seededRandom } from "../../core/index.js";
import { type ErrorCode, isLodeError, type LodeError } from "../../errors.js";
import type {
  Backend,
  GetOptions,
  ListOptions,
  ListPage,
  ReplayableBody,
} from "../../storage/index.js";

/** The text's UTF-8. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Bytes without a pattern, the same for the same length and seed. */
export function randomBytes(length: number, seed = 1): Uint8Array {
  const random = seededRandom(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = random() * 2 ** 32;
  return new Uint8Array(words.buffer, 0, length);
}

/** A copy of all the chunks. */
export async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return new Uint8Array(Buffer.concat(chunks));
}

/** The object's bytes, or those of a range. */
export async function readObject(
  backend: Backend,
  key: string,
  options?: GetOptions,
): Promise<Uint8Array> {
  const { body, range } = await backend.get(key, options);
  const bytes = await collect(body);
  assert.equal(bytes.length, range.end - range.start, "the body is as long as its range");
  return bytes;
}

/** Fails unless the object holds exactly these bytes. */
export async function assertObject(
  backend: Backend,
  key: string,
  expected: Uint8Array,
): Promise<void> {
  assertSameBytes(await readObject(backend, key), expected, key);
}

/** Compares without printing megabytes when they differ. */
export function assertSameBytes(actual: Uint8Array, expected: Uint8Array, what: string): void {
  assert.equal(actual.length, expected.length, `length of ${JSON.stringify(what)}`);
  if (Buffer.compare(actual, expected) === 0) return;
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  assert.fail(`${JSON.stringify(what)} differs at byte ${at}`);
}

/** A body in chunks that announces `length`, whatever the chunks are. */
export function streamOf(chunks: readonly Uint8Array[], length?: number): ReplayableBody {
  return {
    length: length ?? chunks.reduce((sum, chunk) => sum + chunk.length, 0),
    async *stream() {
      yield* chunks;
    },
  };
}

/** Fails unless the promise is rejected with a LodeError of one of the codes; gives the error. */
export async function assertRejects(
  promise: Promise<unknown>,
  ...codes: ErrorCode[]
): Promise<LodeError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(isLodeError(error), `threw something else than a LodeError: ${String(error)}`);
    if (codes.length > 0 && !codes.includes(error.code)) {
      assert.fail(`expected ${codes.join(" or ")}, got ${error.code}: ${error.message}`);
    }
    return error;
  }
  assert.fail(`expected ${codes.join(" or ")}, but it succeeded`);
}

/** Fails unless there is no object under the key. */
export async function assertMissing(backend: Backend, key: string): Promise<void> {
  await assertRejects(backend.head(key), "not-found");
}

/** All pages of a listing. */
export async function listPages(backend: Backend, options?: ListOptions): Promise<ListPage[]> {
  const pages: ListPage[] = [];
  for await (const page of backend.list(options)) pages.push(page);
  return pages;
}

/** The keys of a listing, in the order told. */
export async function listKeys(backend: Backend, options?: ListOptions): Promise<string[]> {
  const pages = await listPages(backend, options);
  return pages.flatMap((page) => page.objects.map(({ key }) => key));
}

/** Runs the tasks, at most `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  task: (item: T, index: number) => Promise<void>,
  width = 16,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(width, items.length) }, async () => {
      for (let index = next++; index < items.length; index = next++) {
        await task(items[index]!, index);
      }
    }),
  );
}

/** Writes small objects, each holding its own key. */
export function putKeys(backend: Backend, keys: readonly string[]): Promise<void> {
  return inParallel(keys, async (key) => {
    await backend.put(key, bytesOf(key));
  });
}

/** Deletes every object and aborts every unfinished upload. */
export async function emptyContainer(backend: Backend): Promise<void> {
  const keys = await listKeys(backend);
  const batch = Math.max(backend.capabilities.deleteBatch, 64);
  for (let at = 0; at < keys.length; at += batch) {
    const failed = (await backend.deleteMany(keys.slice(at, at + batch))).find((one) => one.error);
    if (failed !== undefined) throw failed.error;
  }
  if (backend.listMultiparts === undefined || backend.resumeMultipart === undefined) return;
  const uploads: { key: string; id: string }[] = [];
  for await (const upload of backend.listMultiparts()) uploads.push(upload);
  for (const { key, id } of uploads) await (await backend.resumeMultipart(key, id)).abort();
}
