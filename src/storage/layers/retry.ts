import { isLodeError, type LodeError, toLodeError } from "../../errors.js";
import type {
  Backend,
  DeleteResult,
  Layer,
  MultipartUpload,
  WriteMode,
  WriteResult,
} from "../backend.js";
import { type Call, call, intercept, type Operation } from "./intercept.js";
import { restartedList, resumedList } from "./resumed-lists.js";
import { resumedBody, resumedReadInto } from "./resumed-reads.js";
import { isSafe, isThrottle, Retrier, type RetryOptions } from "./retrier.js";
import { ownWrite, stamped, unstamped, writeIdFor } from "./write-id.js";

/**
 * Repeats what failed for a passing reason (`retry: "safe"`) with exponential back-off; the last
 * error becomes `exhausted`. A broken body or listing goes on where it stopped. A call whose
 * repetition could do harm (a conditional copy, a rename, creating a container) is repeated only when the
 * provider refused it for load, and so did nothing.
 */
export function retry(options: RetryOptions = {}): Layer {
  const retrier = new Retrier(options);
  return (inner) => retried(inner, retrier);
}

/** Not repeatable after a lost reply: the repetition would find its own effect in the way. */
const ONCE_ONLY: ReadonlySet<Operation> = new Set(["rename", "create-container"]);

function retried(inner: Backend, retrier: Retrier): Backend {
  const around = <T>(one: Call, run: () => Promise<T>): Promise<T> =>
    retrier.run(one, run, ONCE_ONLY.has(one.operation) ? isSafeThrottle : isSafe);

  const layered: Backend = intercept(inner, around, {
    async get(key, options) {
      const one = call("get", key, options);
      const result = await retrier.run(one, () => inner.get(key, options));
      const body = resumedBody(inner, one, result, retrier);
      return { ...result, meta: unstamped(result.meta), body };
    },
    async readInto(key, range, target, options = {}) {
      const result = await resumedReadInto(inner, key, range, target, options, retrier);
      return { ...result, meta: unstamped(result.meta) };
    },
    async head(key, options) {
      return unstamped(await around(call("head", key, options), () => inner.head(key, options)));
    },
    put(key, body, options = {}) {
      const id = writeIdFor(inner, options.mode);
      const marked = stamped(options, id);
      return retrier.run(call("put", key, options, body.length), (attempt) =>
        recognised(inner, key, attempt > 1 ? id : undefined, options.signal, () =>
          inner.put(key, body, marked),
        ),
      );
    },
    async startMultipart(key, options = {}) {
      const id = writeIdFor(inner, options.mode);
      const marked = stamped(options, id);
      const upload = await around(call("start-multipart", key, options), () =>
        inner.startMultipart(key, marked),
      );
      return retriedUpload(inner, upload, id, retrier);
    },
    async resumeMultipart(key, id, options) {
      const upload = await around(call("resume-multipart", key, options), () =>
        inner.resumeMultipart!(key, id, options),
      );
      return retriedUpload(inner, upload, undefined, retrier);
    },
    async *list(options = {}) {
      for await (const page of resumedList(inner, options, retrier)) {
        yield { ...page, objects: page.objects.map(unstamped) };
      }
    },
    listMultiparts: (options) =>
      restartedList(
        call("list-multiparts", options?.prefix ?? "", options),
        () => inner.listMultiparts!(options),
        ({ id }) => id,
        retrier,
      ),
    listContainers: (options) =>
      restartedList(
        call("list-containers", "", options),
        () => inner.listContainers!(options),
        ({ name }) => name,
        retrier,
      ),
    deleteMany: (keys, options) => retriedDelete(inner, keys, options?.signal, retrier),
    copy: (from, to, options) =>
      retrier.run(
        call("copy", from, options),
        () => inner.copy(from, to, options),
        isConditional(options?.mode) ? isSafeThrottle : isSafe,
      ),
    deleteContainer: (options) =>
      retrier.run(call("delete-container", "", options), async (attempt) => {
        try {
          await inner.deleteContainer!(options);
        } catch (error) {
          // Gone by an earlier try whose reply was lost.
          if (attempt === 1 || !isLodeError(error, "not-found")) throw error;
        }
      }),
  });
  return layered;
}

function isConditional(mode: WriteMode | undefined): boolean {
  return mode !== undefined && mode !== "overwrite";
}

function isSafeThrottle(error: LodeError): boolean {
  return isSafe(error) && isThrottle(error);
}

/** A refusal that is only the caller's own earlier success becomes that success. */
async function recognised(
  inner: Backend,
  key: string,
  id: string | undefined,
  signal: AbortSignal | undefined,
  write: () => Promise<WriteResult>,
): Promise<WriteResult> {
  try {
    return await write();
  } catch (error) {
    const refused =
      isLodeError(error, "already-exists", "precondition-failed", "not-found") && !isSafe(error);
    const own = refused && id !== undefined ? await ownWrite(inner, key, id, signal) : undefined;
    if (own === undefined) throw error;
    return own;
  }
}

function retriedUpload(
  inner: Backend,
  upload: MultipartUpload,
  writeId: string | undefined,
  retrier: Retrier,
): MultipartUpload {
  const { key, id } = upload;
  return {
    key,
    id,
    putPart: (number, bytes, options) =>
      retrier.run(call("put-part", key, options, bytes.length), () =>
        upload.putPart(number, bytes, options),
      ),
    listParts: (options) =>
      retrier.run(call("list-parts", key, options), () => upload.listParts(options)),
    complete: (options) =>
      retrier.run(call("complete", key, options), (attempt) =>
        recognised(inner, key, attempt > 1 ? writeId : undefined, options?.signal, () =>
          upload.complete(options),
        ),
      ),
    abort: (options) => retrier.run(call("abort", key, options), () => upload.abort(options)),
  };
}

/** Deletes again only the keys whose own error is safe; what is left in the end says `exhausted`. */
async function retriedDelete(
  inner: Backend,
  keys: readonly string[],
  signal: AbortSignal | undefined,
  retrier: Retrier,
): Promise<DeleteResult[]> {
  const one = call("delete", keys[0] ?? "", { signal }, 0, keys.length);
  const results: DeleteResult[] = keys.map((key) => ({ key }));
  let pending = keys.map((_, index) => index);
  const session = retrier.session();
  for (;;) {
    let failure: LodeError | undefined;
    try {
      const now = pending.map((index) => keys[index]!);
      const told = await retrier.once(one, () => inner.deleteMany(now, { signal }));
      for (const [at, index] of pending.entries()) results[index] = told[at]!;
      pending = pending.filter((index) => isSafeFailure(results[index]!));
      failure = pending.length === 0 ? undefined : results[pending[0]!]!.error;
    } catch (caught) {
      failure = toLodeError(caught, one.operation);
      if (!isSafe(failure)) throw failure;
      await retrier.pause(one, session, failure);
      continue;
    }
    if (failure === undefined) return results;
    try {
      await retrier.pause(one, session, failure);
    } catch (error) {
      if (!isLodeError(error) || error.retry !== "exhausted") throw error;
      for (const index of pending) {
        const { key, error: own } = results[index]!;
        results[index] = { key, error: own && session.exhausted(own) };
      }
      return results;
    }
  }
}

function isSafeFailure(result: DeleteResult): boolean {
  return result.error !== undefined && isSafe(result.error);
}
