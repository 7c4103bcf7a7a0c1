import type { Backend, MultipartUpload } from "../backend.js";

/** The calls of a backend that a layer may see, by the names that events and traces use. */
export type Operation =
  | "get"
  | "read-into"
  | "head"
  | "put"
  | "start-multipart"
  | "resume-multipart"
  | "put-part"
  | "list-parts"
  | "complete"
  | "abort"
  | "list"
  | "list-multiparts"
  | "delete"
  | "copy"
  | "rename"
  | "presign"
  | "create-container"
  | "delete-container"
  | "list-containers";

/** One call on its way through a layer. */
export interface Call {
  readonly operation: Operation;
  /** The object; the source of a copy or rename; the prefix of a listing; empty for containers. */
  readonly key: string;
  /** Bytes that the call sends, or that its caller made room for. */
  readonly bytes: number;
  /** Objects concerned, where the call tells: the keys of a `delete`. */
  readonly objects: number;
  readonly signal: AbortSignal | undefined;
}

/** What a layer does around a call; it may run it more than once or not at all. */
export type Around = <T>(call: Call, run: () => Promise<T>) => Promise<T>;

/** The methods of a backend. */
export type BackendCalls = Omit<Backend, "scheme" | "uri" | "endpoint" | "capabilities">;

const METHODS = Object.keys({
  get: true,
  readInto: true,
  head: true,
  put: true,
  startMultipart: true,
  list: true,
  deleteMany: true,
  copy: true,
  resumeMultipart: true,
  listMultiparts: true,
  presign: true,
  rename: true,
  createContainer: true,
  deleteContainer: true,
  listContainers: true,
  close: true,
} satisfies Record<keyof BackendCalls, true>) as (keyof BackendCalls)[];

/**
 * A backend like `inner` with some methods replaced. A method that `inner` lacks stays absent, so
 * that a layer never claims what is not there.
 */
export function overlay(inner: Backend, replaced: Partial<BackendCalls>): Backend {
  const methods = METHODS.filter((name) => inner[name] !== undefined).map((name) => [
    name,
    replaced[name] ?? (inner[name] as (...args: never[]) => unknown).bind(inner),
  ]);
  const facts = {
    scheme: inner.scheme,
    uri: inner.uri,
    endpoint: inner.endpoint,
    // Asked each time: a backend may learn what its server can.
    get capabilities() {
      return inner.capabilities;
    },
  };
  return Object.assign(facts, Object.fromEntries(methods) as BackendCalls);
}

/**
 * A backend that runs each call of `inner` inside `around`: a listing step by step, an upload call
 * by call. The body of a `get` is read outside of it. `replaced` wins over it.
 */
export function intercept(
  inner: Backend,
  around: Around,
  replaced: Partial<BackendCalls> = {},
): Backend {
  const upload = (made: MultipartUpload) => interceptUpload(made, around);
  return overlay(inner, {
    get: (key, o) => around(call("get", key, o), () => inner.get(key, o)),
    readInto: (key, range, target, o) =>
      around(call("read-into", key, o, range.end - range.start), () =>
        inner.readInto!(key, range, target, o),
      ),
    head: (key, o) => around(call("head", key, o), () => inner.head(key, o)),
    put: (key, body, o) => around(call("put", key, o, body.length), () => inner.put(key, body, o)),
    startMultipart: async (key, o) =>
      upload(await around(call("start-multipart", key, o), () => inner.startMultipart(key, o))),
    resumeMultipart: async (key, id, o) =>
      upload(
        await around(call("resume-multipart", key, o), () => inner.resumeMultipart!(key, id, o)),
      ),
    list: (o) => steps(call("list", o?.prefix ?? "", o), () => inner.list(o), around),
    listMultiparts: (o) =>
      steps(call("list-multiparts", o?.prefix ?? "", o), () => inner.listMultiparts!(o), around),
    deleteMany: (keys, o) =>
      around(call("delete", keys[0] ?? "", o, 0, keys.length), () => inner.deleteMany(keys, o)),
    copy: (from, to, o) => around(call("copy", from, o), () => inner.copy(from, to, o)),
    rename: (from, to, o) => around(call("rename", from, o), () => inner.rename!(from, to, o)),
    presign: (key, o) => around(call("presign", key), () => inner.presign!(key, o)),
    createContainer: (o) =>
      around(call("create-container", "", o), () => inner.createContainer!(o)),
    deleteContainer: (o) =>
      around(call("delete-container", "", o), () => inner.deleteContainer!(o)),
    listContainers: (o) =>
      steps(call("list-containers", "", o), () => inner.listContainers!(o), around),
    ...replaced,
  });
}

function interceptUpload(inner: MultipartUpload, around: Around): MultipartUpload {
  const { key, id } = inner;
  return {
    key,
    id,
    putPart: (number, bytes, o) =>
      around(call("put-part", key, o, bytes.length), () => inner.putPart(number, bytes, o)),
    listParts: (o) => around(call("list-parts", key, o), () => inner.listParts(o)),
    complete: (o) => around(call("complete", key, o), () => inner.complete(o)),
    abort: (o) => around(call("abort", key, o), () => inner.abort(o)),
  };
}

async function* steps<T>(
  one: Call,
  open: () => AsyncIterable<T>,
  around: Around,
): AsyncGenerator<T, void, undefined> {
  const iterator = open()[Symbol.asyncIterator]();
  let done = false;
  try {
    for (;;) {
      const step = await around(one, () => iterator.next());
      if (step.done === true) {
        done = true;
        return;
      }
      yield step.value;
    }
  } finally {
    if (!done) await iterator.return?.();
  }
}

/** Describes one call. */
export function call(
  operation: Operation,
  key: string,
  options?: { readonly signal?: AbortSignal | undefined } | undefined,
  bytes = 0,
  objects = 1,
): Call {
  return { operation, key, bytes, objects, signal: options?.signal };
}
