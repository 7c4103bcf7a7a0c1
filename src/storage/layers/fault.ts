import { type Clock, observeIterable, seededRandom, systemClock } from "../../core/index.js";
import { LodeError, type LodeErrorOptions } from "../../errors.js";
import type { Layer, PutBody } from "../backend.js";
import { type Call, call, intercept } from "./intercept.js";

/** What goes wrong with one call. */
export type Fault =
  /** Fails `before` the call has an effect, or `after` it: a lost reply. Safe to retry unless told. */
  | { readonly kind: "error"; readonly when: "before" | "after"; readonly error?: FaultError }
  /** The body of a `get` breaks after so many bytes. */
  | { readonly kind: "truncate"; readonly bytes: number; readonly error?: FaultError }
  /** One bit of the byte at this offset of a `get`'s or `put`'s body is changed. */
  | { readonly kind: "flip"; readonly offset: number }
  | { readonly kind: "delay"; readonly ms: number };

export type FaultError = Partial<Pick<LodeErrorOptions, "code" | "message" | "retry" | "details">>;

/** A call that may go wrong; `number` counts the layer's calls from 1. */
export interface FaultCall extends Call {
  readonly number: number;
}

/** Decides about each call, in the order in which they are made. */
export type FaultScript = (call: FaultCall) => Fault | undefined;

export interface FaultOptions {
  readonly script: FaultScript;
  readonly clock?: Clock | undefined;
}

/** Makes calls fail as the script says; for tests of what stands above. */
export function fault(options: FaultOptions): Layer {
  const clock = options.clock ?? systemClock;
  let calls = 0;
  const decide = (one: Call): Fault | undefined => options.script({ ...one, number: ++calls });

  async function suffer<T>(one: Call, what: Fault | undefined, run: () => Promise<T>): Promise<T> {
    if (what?.kind === "delay") await clock.sleep(what.ms, one.signal);
    if (what?.kind !== "error") return run();
    if (what.when === "after") await run();
    throw injected(one, what.error, `${what.when} its effect`);
  }

  return (inner) =>
    intercept(inner, (one, run) => suffer(one, decide(one), run), {
      async get(key, getOptions) {
        const one = call("get", key, getOptions);
        const what = decide(one);
        const result = await suffer(one, what, () => inner.get(key, getOptions));
        if (what?.kind === "truncate") {
          return { ...result, body: truncated(result.body, what.bytes, one, what.error) };
        }
        if (what?.kind === "flip") return { ...result, body: flipped(result.body, what.offset) };
        return result;
      },
      async put(key, body, putOptions) {
        const one = call("put", key, putOptions, body.length);
        const what = decide(one);
        const sent = what?.kind === "flip" ? flippedBody(body, what.offset) : body;
        return suffer(one, what, () => inner.put(key, sent, putOptions));
      },
    });
}

/** How often a call of {@link seededFaults} goes wrong, each from 0 to 1. */
export interface FaultRates {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly truncate?: number | undefined;
  readonly flip?: number | undefined;
}

/** A script that a seed determines. Its errors name the seed, so that a failing run can be repeated. */
export function seededFaults(seed: number, rates: FaultRates): FaultScript {
  const random = seededRandom(seed);
  return ({ operation, number }) => {
    const drawn = random();
    const where = Math.floor(random() * 1024);
    const message = `injected fault (seed ${seed}, call ${number})`;
    let bound = rates.before ?? 0;
    if (drawn < bound) return { kind: "error", when: "before", error: { message } };
    bound += rates.after ?? 0;
    if (drawn < bound) return { kind: "error", when: "after", error: { message } };
    if (operation !== "get") return undefined;
    bound += rates.truncate ?? 0;
    if (drawn < bound) return { kind: "truncate", bytes: where, error: { message } };
    bound += rates.flip ?? 0;
    if (drawn < bound) return { kind: "flip", offset: where };
    return undefined;
  };
}

function injected(one: Call, error: FaultError | undefined, when: string): LodeError {
  return new LodeError({
    code: error?.code ?? "connection",
    retry: error?.retry ?? "safe",
    message: error?.message ?? `injected fault: ${one.operation} ${one.key} failed ${when}`,
    operation: one.operation,
    details: error?.details,
  });
}

async function* truncated(
  body: AsyncIterable<Uint8Array>,
  bytes: number,
  one: Call,
  error: FaultError | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let left = bytes;
  for await (const chunk of body) {
    if (chunk.length > left) {
      if (left > 0) yield chunk.subarray(0, left);
      throw injected(one, error, `after ${bytes} bytes`);
    }
    left -= chunk.length;
    yield chunk;
  }
}

function flipped(body: AsyncIterable<Uint8Array>, offset: number): AsyncIterable<Uint8Array> {
  let position = 0;
  return observeIterable(body, {
    onItem(chunk) {
      const at = offset - position;
      position += chunk.length;
      if (at < 0 || at >= chunk.length) return chunk;
      const changed = new Uint8Array(chunk);
      changed[at]! ^= 1;
      return changed;
    },
    onEnd: () => undefined,
  });
}

function flippedBody(body: PutBody, offset: number): PutBody {
  if (body instanceof Uint8Array) {
    const changed = new Uint8Array(body);
    if (offset < changed.length) changed[offset]! ^= 1;
    return changed;
  }
  return { length: body.length, stream: () => flipped(body.stream(), offset) };
}
