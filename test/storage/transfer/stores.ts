import { randomUUID } from "node:crypto";
import type { Backend, Layer } from "../../../src/storage/backend.js";
import { dropMemoryStore, openMemoryBackend } from "../../../src/storage/backends/memory/index.js";
import { ObjectStore } from "../../../src/storage/object-store.js";
import type {
  ItemEvent,
  SummaryEvent,
  TransferEvent,
  WarningEvent,
} from "../../../src/storage/transfer/index.js";

const made: string[] = [];

/** A memory store of its own; {@link dropStores} forgets all. */
export async function memoryStore(...layers: Layer[]): Promise<ObjectStore> {
  const name = randomUUID();
  made.push(name);
  return new ObjectStore(await openMemoryBackend({ name })).with(...layers);
}

export function dropStores(): void {
  for (const name of made.splice(0)) dropMemoryStore(name);
}

/** A layer that replaces some calls of the backend and leaves the others. */
export function override(calls: (inner: Backend) => Partial<Backend>): Layer {
  return (inner) => {
    const replaced = calls(inner);
    return new Proxy(inner, {
      get(target, name) {
        if (name in replaced) return replaced[name as keyof Backend];
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };
}

/** The names of the calls that a store's backend gets, in order. */
export function recordCalls(log: string[]): Layer {
  return (inner) =>
    new Proxy(inner, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        return (...args: unknown[]) => {
          log.push(String(name));
          return value.apply(target, args);
        };
      },
    });
}

/** Incompressible bytes that a seed determines (xorshift32). */
export function noise(length: number, seed = 1): Uint8Array {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    words[i] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

export interface Ran {
  readonly events: TransferEvent[];
  readonly items: ItemEvent[];
  readonly warnings: WarningEvent[];
  readonly summary: SummaryEvent;
  /** What the iteration threw after the summary. */
  readonly thrown: unknown;
}

export async function run(transfer: AsyncIterable<TransferEvent>): Promise<Ran> {
  const events: TransferEvent[] = [];
  let thrown: unknown;
  try {
    for await (const event of transfer) events.push(event);
  } catch (error) {
    thrown = error;
  }
  const summary = events.findLast((event) => event.type === "summary");
  if (summary === undefined) throw thrown ?? new Error("no summary");
  return {
    events,
    items: events.filter((event) => event.type === "item"),
    warnings: events.filter((event) => event.type === "warning"),
    summary,
    thrown,
  };
}

export async function keysOf(store: ObjectStore, prefix = ""): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list({ prefix })) keys.push(key);
  return keys;
}

export async function pendingOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.listMultiparts()) keys.push(key);
  return keys;
}
