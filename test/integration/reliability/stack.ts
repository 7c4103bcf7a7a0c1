import { randomBytes } from "node:crypto";
import type { Clock } from "../../../src/core/index.js";
import { isLodeError, type LodeError } from "../../../src/errors.js";
import type { ObjectStore } from "../../../src/storage/object-store.js";
import { type OpenOptions, openStore } from "../../../src/storage/registry.js";
import type { ScriptedHttpServer } from "../../faults/scripted-http-server.js";
import { TcpProxy, type TcpProxyOptions } from "../../faults/tcp-proxy.js";
import type { S3TestServer } from "../s3/s3-servers.js";

/** Of scripted servers, which do not check them. */
export const KEYS = { accessKeyId: "AKIASCRIPTED", secretAccessKey: "scripted-secret-key" };

/** Short waits, so that a test of retries takes no time. */
export const FAST_RETRY = { attempts: 4, baseDelayMs: 1, maxDelayMs: 4 } as const;

/** Waits take no time but are counted, so that delays can be asserted exactly. */
export class TestClock implements Clock {
  readonly sleeps: number[] = [];
  #time = 1_750_000_000_000;

  now(): number {
    return this.#time;
  }

  async sleep(ms: number): Promise<void> {
    this.sleeps.push(ms);
    this.#time += ms;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The bucket `bucket` of a scripted server, through the whole stack. */
export function openScripted(
  server: Pick<ScriptedHttpServer, "url">,
  options: OpenOptions = {},
): Promise<ObjectStore> {
  return openStore("s3://bucket", {
    env: {},
    retry: FAST_RETRY,
    ...options,
    s3: { endpoint: server.url, credentials: KEYS, ...options.s3 },
  });
}

/** A new bucket of a real server, reached directly and through a proxy. */
export interface ProxiedBucket {
  readonly name: string;
  readonly proxy: TcpProxy;
  /** Through the proxy. */
  readonly store: ObjectStore;
  readonly direct: ObjectStore;
  /** Another store through the proxy, closed with the bucket. */
  open(options?: OpenOptions): Promise<ObjectStore>;
  drop(): Promise<void>;
}

export async function openProxied(
  server: S3TestServer,
  proxyOptions: TcpProxyOptions = {},
  options: OpenOptions = {},
): Promise<ProxiedBucket> {
  const name = `lode-faults-${randomBytes(6).toString("hex")}`;
  const { accessKeyId, secretAccessKey } = server;
  const credentials = { accessKeyId, secretAccessKey };
  const direct = await openStore(`s3://${name}`, {
    env: {},
    s3: { endpoint: server.url, credentials },
  });
  await direct.createContainer();
  const proxy = await TcpProxy.open(server.url!, proxyOptions);
  const opened: ObjectStore[] = [];
  const open = async (more: OpenOptions = options) => {
    const store = await openStore(`s3://${name}`, {
      env: {},
      retry: FAST_RETRY,
      ...more,
      s3: { endpoint: proxy.url, credentials, ...more.s3 },
    });
    opened.push(store);
    return store;
  };
  return {
    name,
    proxy,
    store: await open(),
    direct,
    open,
    async drop() {
      for (const store of opened) await store.close();
      await proxy.close();
      await emptyStore(direct);
      await direct.deleteContainer();
      await direct.close();
    },
  };
}

/** Deletes all objects and gives up all uploads. */
export async function emptyStore(store: ObjectStore): Promise<void> {
  for await (const { key, id } of store.listMultiparts()) {
    await (await store.resumeMultipart(key, id)).abort();
  }
  const keys = async function* () {
    for await (const { key } of store.list()) yield key;
  };
  for await (const { error } of store.deleteMany(keys())) if (error !== undefined) throw error;
}

/** The LodeError that a call ends with; anything else fails the test. */
export async function failure(call: Promise<unknown>): Promise<LodeError> {
  try {
    await call;
  } catch (error) {
    if (isLodeError(error)) return error;
    throw error;
  }
  throw new Error("the call has succeeded");
}

export async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
