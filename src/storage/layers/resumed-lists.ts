import { compareKeys, type RetrySession } from "../../core/index.js";
import { toLodeError } from "../../errors.js";
import type { Backend, ListOptions, ListPage } from "../backend.js";
import { type Call, call } from "./intercept.js";
import { isSafe, type Retrier } from "./retrier.js";

/**
 * A listing that goes on behind the last entry told when a page fails. Where the order is not
 * that of the keys, only a failure of the first page is repeated.
 */
export async function* resumedList(
  inner: Backend,
  options: ListOptions,
  retrier: Retrier,
): AsyncGenerator<ListPage, void, undefined> {
  const one = call("list", options.prefix ?? "", options);
  const { orderedListing, listStartAfter } = inner.capabilities;
  let last: string | undefined;

  function open(): AsyncIterable<ListPage> {
    if (last === undefined || !listStartAfter) return inner.list(options);
    return inner.list({ ...options, startAfter: last });
  }
  // A provider may tell the prefix that it was to start after again: its keys are greater.
  const isNew = (name: string): boolean => last === undefined || compareKeys(name, last) > 0;
  const repeatable = (): boolean => last === undefined || orderedListing;

  const advances = ({ objects, prefixes }: ListPage): boolean =>
    objects.some(({ key }) => isNew(key)) || prefixes.some(isNew);

  for await (const page of resumed(one, open, retrier, repeatable, advances)) {
    const fresh = {
      objects: page.objects.filter(({ key }) => isNew(key)),
      prefixes: page.prefixes.filter(isNew),
    };
    const names = [fresh.objects.at(-1)?.key, fresh.prefixes.at(-1)];
    for (const name of names) if (name !== undefined && isNew(name)) last = name;
    if (fresh.objects.length + fresh.prefixes.length > 0) yield fresh;
  }
}

/** A listing that starts over when a page fails and leaves out the entries already told. */
export async function* restartedList<T>(
  one: Call,
  open: () => AsyncIterable<T>,
  identity: (item: T) => string,
  retrier: Retrier,
): AsyncGenerator<T, void, undefined> {
  const told = new Set<string>();
  const isNew = (item: T): boolean => !told.has(identity(item));
  for await (const item of resumed(one, open, retrier, () => true, isNew)) {
    if (!isNew(item)) continue;
    told.add(identity(item));
    yield item;
  }
}

/**
 * The source's items; after a safe failure those of the source opened again. Only an item that
 * `advances` begins the count of tries anew: a listing that never gets further ends.
 */
async function* resumed<T>(
  one: Call,
  open: () => AsyncIterable<T>,
  retrier: Retrier,
  repeatable: () => boolean,
  advances: (item: T) => boolean,
): AsyncGenerator<T, void, undefined> {
  let source: AsyncIterator<T> | undefined;
  let session: RetrySession | undefined;
  try {
    for (;;) {
      let step: IteratorResult<T>;
      try {
        source ??= open()[Symbol.asyncIterator]();
        const from = source;
        step = await retrier.once(one, () => from.next());
      } catch (caught) {
        source = undefined;
        const error = toLodeError(caught, one.operation);
        if (!isSafe(error) || !repeatable()) throw error;
        session ??= retrier.session();
        await retrier.pause(one, session, error);
        continue;
      }
      if (step.done === true) {
        source = undefined;
        return;
      }
      if (advances(step.value)) session = undefined;
      yield step.value;
    }
  } finally {
    await source?.return?.();
  }
}
