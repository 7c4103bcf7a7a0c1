import {
  indexTar,
  type Sample,
  splitMemberName,
  type TarReadOptions,
} from "../../formats/index.js";
import type { ObjectStore } from "../../storage/index.js";
import type { MapDataset } from "../dataset.js";
import { inParallel } from "./in-parallel.js";
import { ownBytes } from "./own-bytes.js";
import { Partition } from "./partition.js";
import { readRange } from "./read-object.js";
import { type ListedObject, type ObjectSelection, selectObjects } from "./select-objects.js";
import { shardFailure } from "./shard-set.js";
import { storeReader } from "./store-reader.js";

export interface TarIndexDatasetOptions extends ObjectSelection, TarReadOptions {}

/** Where the fields of a sample are in its shard, in bytes. */
interface SamplePlace {
  readonly key: string;
  readonly fields: { readonly field: string; readonly start: number; readonly end: number }[];
}

const SHARDS_AT_ONCE = 16;

/**
 * The samples of uncompressed WebDataset shards at random, each by one request. The headers of all shards are read
 * here. Throws `corrupt-format`, with the shard, for damaged ones and for names that come twice.
 */
export async function tarIndexDataset(
  store: ObjectStore,
  options: TarIndexDatasetOptions,
): Promise<MapDataset<Sample>> {
  const { special = "skip", end = "required", signal } = options;
  const objects = await selectObjects(store, options, [".tar"]);
  const places = new Array<readonly SamplePlace[]>(objects.length);
  await inParallel(objects.length, SHARDS_AT_ONCE, signal, async (shard, either) => {
    const object = objects[shard] as ListedObject;
    try {
      const reader = storeReader(store, object, { signal: either });
      places[shard] = samplesOf(await indexTar(reader, { special, end }));
    } catch (error) {
      throw shardFailure(error, store.uriOf(object.key));
    }
  });
  const parts = new Partition(places.map(({ length }) => length));
  const find = (index: number) => {
    const { part, at } = parts.find(index);
    return { object: objects[part] as ListedObject, place: places[part]?.[at] as SamplePlace };
  };
  return {
    kind: "map",
    length: parts.length,
    uriOf(index) {
      const { object, place } = find(index);
      return `${store.uriOf(object.key)}#${startOf(place)}`;
    },
    byteLengthOf: (index) =>
      find(index).place.fields.reduce((sum, { start, end: to }) => sum + to - start, 0),
    async get(index, { signal: itemSignal } = {}) {
      const { object, place } = find(index);
      const from = startOf(place);
      const to = Math.max(...place.fields.map((field) => field.end));
      const bytes = await readRange(store, object, from, to, { signal: itemSignal });
      const fields = place.fields.map(({ field, start, end: stop }) => {
        const data = bytes.subarray(start - from, stop - from);
        return [field, data.length === bytes.length ? data : ownBytes(data)] as const;
      });
      return { key: place.key, fields: new Map(fields) };
    },
  };
}

function startOf({ fields }: SamplePlace): number {
  return fields[0]?.start ?? 0;
}

/** As `readSamples` groups members. */
function samplesOf(
  entries: readonly { readonly name: string; readonly offset: number; readonly size: number }[],
): SamplePlace[] {
  const samples: SamplePlace[] = [];
  for (const { name, offset, size } of entries) {
    const split = splitMemberName(name);
    if (split === undefined) continue;
    let last = samples.at(-1);
    if (last?.key !== split.key) {
      last = { key: split.key, fields: [] };
      samples.push(last);
    }
    last?.fields.push({ field: split.field, start: offset, end: offset + size });
  }
  return samples;
}
