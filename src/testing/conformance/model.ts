import assert from "node:assert/strict";
import { compareKeys, seededRandom } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { Backend, WriteMode } from "../../storage/index.js";
import { type ConformanceCase, casesOf } from "./conformance-case.js";
import type { Expectations } from "./expectations.js";
import { assertSameBytes, listPages, randomBytes, readObject } from "./probes.js";

const KEYS = ["a", "b-c", "b.c", "d/e", "d/f/g", "d/f/h", "i/j", "k"];
const STEPS = 200;

interface ModelObject {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

/** Random actions on the backend and on a plain map, compared after each. */
export function modelCases(expect: Expectations): ConformanceCase[] {
  return casesOf("model", {
    [`agrees with a map over ${STEPS} random actions`]: async ({ backend, seed }) => {
      const run = new ModelRun(backend, expect, seed);
      try {
        for (let step = 0; step < STEPS; step++) await run.step();
      } catch (error) {
        throw new Error(`seed ${seed}, after: ${run.history.slice(-12).join("; ")}`, {
          cause: error,
        });
      }
    },
  });
}

class ModelRun {
  readonly history: string[] = [];
  readonly #backend: Backend;
  readonly #expect: Expectations;
  readonly #random: () => number;
  readonly #model = new Map<string, ModelObject>();
  /** Keys with an upload given up since their last write. */
  readonly #abandoned = new Set<string>();

  constructor(backend: Backend, expect: Expectations, seed: number) {
    this.#backend = backend;
    this.#expect = expect;
    this.#random = seededRandom(seed);
  }

  async step(): Promise<void> {
    const actions = [
      this.#put,
      this.#put,
      this.#get,
      this.#get,
      this.#head,
      this.#delete,
      this.#copy,
      this.#list,
      this.#list,
      this.#multipart,
    ];
    await this.#pick(actions).call(this);
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)]!;
  }

  #content(): Uint8Array {
    const size = this.#pick([0, 1, 100, 4096, 5000]);
    return randomBytes(size, Math.floor(this.#random() * 2 ** 32));
  }

  #mode(key: string): WriteMode {
    const { putIfAbsent, putIfMatch } = this.#expect;
    const drawn = this.#random();
    // Where an upload's parts belong to its key, what an aborted one left is taken for an object.
    const unclear = this.#abandoned.has(key) && this.#expect.uploadsOutliveWrites !== "supported";
    if (drawn < 0.2 && putIfAbsent === "supported" && !unclear) return "create";
    if (drawn < 0.4 && putIfMatch === "supported") {
      const known = this.#model.get(this.#random() < 0.7 ? key : this.#pick(KEYS));
      if (known !== undefined) return { ifMatch: known.etag };
    }
    return "overwrite";
  }

  async #put(): Promise<void> {
    const key = this.#pick(KEYS);
    const bytes = this.#content();
    const mode = this.#mode(key);
    this.history.push(`put ${key} ${bytes.length} ${JSON.stringify(mode)}`);
    const current = this.#model.get(key);
    const allowed =
      mode === "overwrite" ||
      (mode === "create" ? current === undefined : current?.etag === mode.ifMatch);
    const refusal = mode === "create" ? "already-exists" : "precondition-failed";
    try {
      const { etag, size } = await this.#backend.put(key, bytes, { mode });
      assert.ok(allowed, `should be refused with ${refusal}`);
      assert.equal(size, bytes.length);
      this.#model.set(key, { bytes, etag });
      this.#abandoned.delete(key);
    } catch (error) {
      if (allowed || !isLodeError(error, refusal)) throw error;
    }
  }

  async #get(): Promise<void> {
    const key = this.#pick(KEYS);
    const known = this.#model.get(key);
    const start = Math.floor(this.#random() * 5000);
    const end = start + 1 + Math.floor(this.#random() * 1000);
    const ranged = this.#random() < 0.5;
    this.history.push(`get ${key}${ranged ? ` ${start}-${end}` : ""}`);
    if (known === undefined) return this.#expectMissing(this.#backend.get(key));
    const { bytes, etag } = known;
    if (!ranged) {
      assertSameBytes(await readObject(this.#backend, key, { ifMatch: etag }), bytes, key);
    } else if (start < bytes.length) {
      const read = await readObject(this.#backend, key, { range: { start, end } });
      assertSameBytes(read, bytes.subarray(start, end), key);
    }
  }

  async #head(): Promise<void> {
    const key = this.#pick(KEYS);
    this.history.push(`head ${key}`);
    const known = this.#model.get(key);
    if (known === undefined) return this.#expectMissing(this.#backend.head(key));
    const { size, etag } = await this.#backend.head(key);
    assert.deepEqual({ size, etag }, { size: known.bytes.length, etag: known.etag });
  }

  async #delete(): Promise<void> {
    const keys = [this.#pick(KEYS), this.#pick(KEYS)];
    this.history.push(`delete ${keys.join(" ")}`);
    const results = await this.#backend.deleteMany(keys);
    assert.ok(results.every(({ error }) => error === undefined));
    for (const key of keys) this.#model.delete(key);
  }

  async #copy(): Promise<void> {
    const from = this.#pick(KEYS);
    const to = this.#pick(KEYS.filter((key) => key !== from));
    this.history.push(`copy ${from} ${to}`);
    const known = this.#model.get(from);
    if (known === undefined) return this.#expectMissing(this.#backend.copy(from, to));
    const { etag } = await this.#backend.copy(from, to);
    this.#model.set(to, { bytes: known.bytes, etag });
  }

  async #multipart(): Promise<void> {
    if (this.#expect.multipart !== "supported") return;
    const key = this.#pick(KEYS);
    const bytes = randomBytes(1000, Math.floor(this.#random() * 2 ** 32));
    const abort = this.#random() < 0.3;
    this.history.push(`multipart ${key}${abort ? " aborted" : ""}`);
    const upload = await this.#backend.startMultipart(key);
    await upload.putPart(1, bytes);
    if (abort) {
      this.#abandoned.add(key);
      return upload.abort();
    }
    const { etag } = await upload.complete();
    this.#model.set(key, { bytes, etag });
  }

  async #list(): Promise<void> {
    const prefix = this.#pick(["", "", "b", "d/", "d/f", "x"]);
    const delimiter = this.#random() < 0.4 ? ("/" as const) : undefined;
    const startAfter =
      this.#expect.listStartAfter === "supported" && delimiter === undefined
        ? this.#pick([undefined, undefined, ...KEYS])
        : undefined;
    const pageSize = this.#pick([1, 2, 1000]);
    this.history.push(`list ${JSON.stringify({ prefix, delimiter, startAfter, pageSize })}`);
    const pages = await listPages(this.#backend, { prefix, delimiter, startAfter, pageSize });
    const objects = new Set<string>();
    const prefixes = new Set<string>();
    for (const key of this.#model.keys()) {
      if (!key.startsWith(prefix)) continue;
      if (startAfter !== undefined && compareKeys(key, startAfter) <= 0) continue;
      const cut = delimiter === undefined ? -1 : key.indexOf(delimiter, prefix.length);
      if (cut < 0) objects.add(key);
      else prefixes.add(key.slice(0, cut + 1));
    }
    const sorted = (names: Iterable<string>): string[] => [...names].sort(compareKeys);
    const told = pages.flatMap((page) => page.objects.map(({ key }) => key));
    const inOrder = this.#expect.orderedListing === "supported";
    assert.deepEqual(inOrder ? told : sorted(told), sorted(objects));
    assert.deepEqual(sorted(pages.flatMap((page) => [...page.prefixes])), sorted(prefixes));
  }

  async #expectMissing(call: Promise<unknown>): Promise<void> {
    try {
      await call;
    } catch (error) {
      if (isLodeError(error, "not-found")) return;
      throw error;
    }
    assert.fail("should be not-found");
  }
}
