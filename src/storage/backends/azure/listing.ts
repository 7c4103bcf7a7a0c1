import { compareKeys } from "../../../core/index.js";
import type { ListOptions, ListPage, ObjectMeta } from "../../backend.js";
import { ByteOrder } from "./byte-order.js";
import type { AzureConnection } from "./connection.js";
import { listRawPages } from "./list-page.js";
import { objectMeta } from "./object-meta.js";

const MAX_PAGE = 1000;

/** An object, or a common prefix where `meta` is absent. */
interface Entry {
  readonly key: string;
  readonly meta: ObjectMeta | undefined;
}

/**
 * Pages in byte order. Azure cannot begin after a key, so what comes before `startAfter` is fetched
 * and passed over.
 */
export async function* listBlobs(
  azure: AzureConnection,
  options: ListOptions = {},
): AsyncGenerator<ListPage> {
  const pageSize = Math.min(Math.max(1, options.pageSize ?? MAX_PAGE), MAX_PAGE);
  const prefix = options.prefix ?? "";
  const { signal, delimiter } = options;
  const order = new ByteOrder<Entry>((entry) => entry.key);
  // While keys are passed over, small pages would only cost requests.
  const request = {
    prefix,
    delimiter,
    signal,
    pageSize: options.startAfter === undefined ? pageSize : MAX_PAGE,
  };
  let told: string | undefined;
  for await (const raw of listRawPages(azure, "list", request)) {
    const entries: Entry[] = [];
    for (const blob of raw.blobs) {
      if (!isAfter(blob.name, options.startAfter)) continue;
      const facts = { ...blob.properties, metadata: blob.metadata, versionId: blob.versionId };
      entries.push({ key: blob.name, meta: objectMeta(blob.name, facts.contentLength, facts) });
    }
    for (const common of raw.prefixes) {
      // A prefix may be told again where a page ends inside it.
      if (common === told || !(await hasKeysAfter(azure, common, options))) continue;
      told = common;
      entries.push({ key: common, meta: undefined });
    }
    yield* pagesOf(order.add(entries), pageSize);
  }
  yield* pagesOf(order.end(), pageSize);
}

/** True if a key with this common prefix is greater than `startAfter`. */
async function hasKeysAfter(
  azure: AzureConnection,
  common: string,
  options: ListOptions,
): Promise<boolean> {
  const { startAfter, signal } = options;
  if (isAfter(common, startAfter)) return true;
  if (startAfter?.startsWith(common) !== true) return false;
  const request = { prefix: common, pageSize: MAX_PAGE, signal };
  for await (const raw of listRawPages(azure, "list", request)) {
    if (raw.blobs.some((blob) => isAfter(blob.name, startAfter))) return true;
  }
  return false;
}

function isAfter(key: string, startAfter: string | undefined): boolean {
  return startAfter === undefined || compareKeys(key, startAfter) > 0;
}

function* pagesOf(entries: readonly Entry[], pageSize: number): Generator<ListPage> {
  for (let at = 0; at < entries.length; at += pageSize) {
    const page = entries.slice(at, at + pageSize);
    yield {
      objects: page.flatMap((entry) => (entry.meta === undefined ? [] : [entry.meta])),
      prefixes: page.flatMap((entry) => (entry.meta === undefined ? [entry.key] : [])),
    };
  }
}
