import type { Dataset } from "./dataset.js";
import { invalid } from "./invalid.js";
import type { DataLoaderOptions, OnError } from "./loader-options.js";
import type { ErrorPolicy } from "./pipeline/index.js";
import type { Sampler, Uneven } from "./sampling/index.js";

/** Items read at a time, and bytes in flight, unless given. */
const DEFAULT_CONCURRENCY = 16;
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
const DEFAULT_BATCH_SIZE = 32;
const LEAST_REORDER_WINDOW = 1024;

/** The options that decide about reading, with their defaults. */
export interface LoaderSettings {
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly shuffle: boolean;
  readonly seed: number;
  readonly epoch: number;
  readonly sampler: Sampler | undefined;
  readonly shardRank: number;
  readonly shardWorldSize: number;
  readonly uneven: Uneven;
  readonly prefetch: number;
  readonly order: "stable" | "completion";
  readonly reorderWindow: number;
  readonly concurrency: number;
  readonly maxBytesInFlight: number;
  readonly policy: ErrorPolicy;
}

/** Throws `invalid-argument` for values that cannot be, and for options that would do nothing. */
export function loaderSettings<T, U, C>(
  dataset: Dataset<T>,
  options: DataLoaderOptions<T, U, C>,
): LoaderSettings {
  const { batchSize = DEFAULT_BATCH_SIZE, concurrency = DEFAULT_CONCURRENCY } = options;
  whole("batchSize", batchSize, 1);
  whole("concurrency", concurrency, 1);
  const { shardWorldSize = 1, prefetch = Math.max(2, Math.ceil((2 * concurrency) / batchSize)) } =
    options;
  whole("prefetch", prefetch, 0);
  const { reorderWindow = Math.max(LEAST_REORDER_WINDOW, 4 * batchSize * (prefetch + 1)) } =
    options;
  const settings: LoaderSettings = {
    batchSize,
    dropLast: options.dropLast ?? false,
    shuffle: options.shuffle ?? false,
    seed: whole("seed", options.seed ?? 0, 0),
    epoch: whole("epoch", options.epoch ?? 0, 0),
    sampler: options.sampler,
    shardWorldSize: whole("shardWorldSize", shardWorldSize, 1),
    shardRank: whole("shardRank", options.shardRank ?? 0, 0, shardWorldSize - 1),
    uneven: oneOf("uneven", options.uneven ?? "keep", ["keep", "drop", "repeat"]),
    prefetch,
    order: oneOf("order", options.order ?? "stable", ["stable", "completion"]),
    reorderWindow: whole("reorderWindow", reorderWindow, 1),
    concurrency,
    maxBytesInFlight: whole("maxBytesInFlight", options.maxBytesInFlight ?? DEFAULT_MAX_BYTES, 1),
    policy: errorPolicy(options.onError ?? "throw"),
  };
  refuseIdleOptions(dataset, options, settings);
  return settings;
}

function errorPolicy(onError: OnError): ErrorPolicy {
  if (onError === "throw") return { skip: 0, retries: 0 };
  if (onError === "skip") return { skip: Number.POSITIVE_INFINITY, retries: 0 };
  if (typeof onError !== "object" || onError === null) {
    throw invalid(`onError cannot be ${onError}; give "throw", "skip" or { skip, retries }`);
  }
  const { skip = 0, retries = 0 } = onError;
  if (skip !== Number.POSITIVE_INFINITY) whole("onError.skip", skip, 0);
  return { skip, retries: whole("onError.retries", retries, 0) };
}

/** An option that cannot act is a mistake that nobody would notice. */
function refuseIdleOptions<T, U, C>(
  dataset: Dataset<T>,
  options: DataLoaderOptions<T, U, C>,
  { order, policy, shuffle }: LoaderSettings,
): void {
  const { readerMode, partSize, workers, decode } = options;
  const isStream = dataset.kind === "stream";
  const idle: readonly (readonly [name: keyof typeof options, isIdle: boolean, why: string])[] = [
    ["sampler", isStream, "streams have no items to choose from"],
    ["sampler", shuffle, "give either a sampler or shuffle"],
    ["uneven", isStream, "streams are shared by shards"],
    ["shuffleBuffer", !isStream, "map data sets are shuffled as a whole"],
    ["shuffleBuffer", !shuffle, "it needs shuffle"],
    ["shuffleBufferBytes", !isStream, "map data sets are shuffled as a whole"],
    ["shuffleBufferBytes", !shuffle, "it needs shuffle"],
    ["openShards", !isStream, "only streams have shards"],
    ["reorderWindow", order !== "completion", 'it needs order "completion"'],
    ["onSkip", policy.skip === 0, "onError leaves no item out"],
    ["readerMode", dataset.takesReaderMode !== true, "this data set reads in its own way"],
    ["partSize", dataset.takesReaderMode !== true, "this data set reads in its own way"],
    ["partSize", readerMode === "sequential", "that reads no parts"],
    ["workers", typeof decode !== "object", "it needs a decode module; functions stay here"],
  ];
  for (const [name, isIdle, why] of idle) {
    if (isIdle && options[name] !== undefined) throw invalid(`${name} would do nothing: ${why}`);
  }
  if (readerMode !== undefined) oneOf("readerMode", readerMode, ["sequential", "range"]);
  if (partSize !== undefined) whole("partSize", partSize, 1);
  if (workers !== undefined) whole("workers", workers, 1);
}

function whole(name: string, value: number, least: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  const upTo = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  throw invalid(`${name} cannot be ${value}; give a whole number from ${least}${upTo}`);
}

function oneOf<V extends string>(name: string, value: V, known: readonly V[]): V {
  if (known.includes(value)) return value;
  throw invalid(`${name} cannot be ${value}; give one of ${known.join(", ")}`);
}
