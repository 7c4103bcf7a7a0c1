import { isRemote, parseStoreUri, type Scheme, type StoreUri } from "../core/index.js";
import { LodeError } from "../errors.js";
import type { Backend, Layer } from "./backend.js";
import type { AzureSettings } from "./backends/azure/index.js";
import type { FileConfig } from "./backends/file/index.js";
import type { S3Config } from "./backends/s3/index.js";
import { type LimitOptions, limit, prefix, type RetryOptions, retry } from "./layers/index.js";
import { ObjectStore } from "./object-store.js";
import { feedLayer } from "./operation-feed.js";

/** Something that a user should know and that is no failure, such as a fallback that was taken. */
export interface StoreWarning {
  readonly code: string;
  readonly message: string;
}

/** Settings of a store beyond its URI. What is absent comes from the environment, else by default. */
export interface OpenOptions {
  /** Where settings and credentials are looked up. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly s3?: Omit<S3Config, "bucket" | "env" | "onWarning"> | undefined;
  readonly azure?: Omit<AzureSettings, "account" | "container"> | undefined;
  /** Of `file://` and `direct://`. */
  readonly file?: Omit<FileConfig, "root" | "onWarning"> | undefined;
  /** How failed requests to a provider are repeated; `false` for not at all. */
  readonly retry?: RetryOptions | false | undefined;
  /** Bounds what is in flight; without it the caller does. */
  readonly limit?: LimitOptions | undefined;
  /** Further layers, outside the standard ones (limit, retry, the feed of observed operations). */
  readonly layers?: readonly Layer[] | undefined;
  readonly onWarning?: ((warning: StoreWarning) => void) | undefined;
}

interface Opened {
  readonly backend: Backend;
  /** What of the URI's key the backend does not already stand for. */
  readonly folder: string;
}

type Opener = (
  uri: StoreUri,
  options: Required<Pick<OpenOptions, "env">> & OpenOptions,
) => Promise<Opened>;

/** A backend's code, and its SDK if it has one, is loaded when a store of its scheme is opened. */
const OPENERS: Readonly<Record<Scheme, Opener>> = {
  async mem(uri) {
    const { openMemoryBackend } = await import("./backends/memory/index.js");
    return { backend: await openMemoryBackend({ name: uri.container }), folder: uri.key };
  },
  async file(uri, options) {
    const { openFileBackend } = await import("./backends/file/index.js");
    return { backend: await openFileBackend(diskConfig(uri, options)), folder: "" };
  },
  async direct(uri, options) {
    const { openDirectBackend } = await import("./backends/direct/index.js");
    return { backend: await openDirectBackend(diskConfig(uri, options)), folder: "" };
  },
  async s3(uri, options) {
    const { openS3Backend } = await import("./backends/s3/index.js");
    const { endpoint, region, style } = uri.parameters;
    const backend = await openS3Backend({
      ...options.s3,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(region === undefined ? {} : { region }),
      ...(style === undefined ? {} : { style: addressingStyle(style) }),
      bucket: uri.container === "" ? undefined : uri.container,
      env: options.env ?? {},
      onWarning: (message) => options.onWarning?.({ code: "s3", message }),
    });
    return { backend, folder: uri.key };
  },
  async az(uri, options) {
    const { openAzureBackend, resolveAzureConfig } = await import("./backends/azure/index.js");
    const [account, container] = uri.container.split("/");
    const { endpoint } = uri.parameters;
    const settings = {
      ...options.azure,
      ...(endpoint === undefined ? {} : { endpoint }),
      account,
      container,
    };
    const config = resolveAzureConfig(settings, options.env ?? {});
    return { backend: await openAzureBackend(config), folder: uri.key };
  },
};

/**
 * Opens the store at a URI: a bucket, a container, a folder, or what lies below a prefix of one. Keys
 * are relative to the URI. Opening asks no server; a store that is missing shows at the first call.
 * Throws `invalid-argument` (URI) and `invalid-config` (settings, credentials).
 */
export async function openStore(uri: string, options: OpenOptions = {}): Promise<ObjectStore> {
  const parsed = parseStoreUri(uri);
  const { backend, folder } = await OPENERS[parsed.scheme](parsed, {
    ...options,
    env: options.env ?? process.env,
  });
  const layers: Layer[] = [...(options.layers ?? [])];
  if (folder !== "") layers.push(prefix(folder));
  if (options.limit !== undefined) layers.push(limit(options.limit));
  if (isRemote(parsed.scheme) && options.retry !== false) layers.push(retry(options.retry ?? {}));
  layers.push(feedLayer);
  return new ObjectStore(backend).with(...layers);
}

function diskConfig(uri: StoreUri, options: OpenOptions): FileConfig {
  return {
    ...options.file,
    root: `/${uri.key}`,
    ...(options.onWarning === undefined ? {} : { onWarning: options.onWarning }),
  };
}

function addressingStyle(text: string): "auto" | "path" | "virtual" {
  if (text === "auto" || text === "path" || text === "virtual") return text;
  throw new LodeError({
    code: "invalid-argument",
    message: `style=${text} in a URI is none of auto, path and virtual`,
  });
}

/** Where one object lies: its store (the container; for files the folder) and its key in it. */
export interface ObjectLocation {
  readonly store: ObjectStore;
  /** May be empty: the whole store. */
  readonly key: string;
}
