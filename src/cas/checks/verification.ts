import type { ObjectStore } from "../../storage/index.js";
import { checkBlobs } from "./check-blobs.js";
import { checkCollection } from "./check-collection.js";
import { CheckContext } from "./check-context.js";
import { checkIndex } from "./check-index.js";
import { checkPacks } from "./check-packs.js";
import { checkDigests, checkRefs, noteDigests } from "./check-pointers.js";
import type { Finding } from "./finding.js";
import { FindingQueue } from "./finding-queue.js";
import { type VerifyOptions, type VerifySummary, verifySettings } from "./verify-options.js";

/** In this order each one knows what it needs of those before. What goes or comes meanwhile is looked at again before it is told. */
export const STEPS: readonly ((check: CheckContext) => Promise<void>)[] = [
  checkPacks,
  checkIndex,
  noteDigests,
  checkBlobs,
  checkRefs,
  checkDigests,
  checkCollection,
];

/**
 * A look at a whole store: iterate over it, and it is done. Writes nothing; sessions and collections may go on. Costs listings (`digests/` twice), a
 * read for each blob's metadata and recipe, and one for each pack. Takes up to 160 MiB, and 40 bytes for each blob, digest pointer
 * and pack.
 */
export class Verification implements AsyncIterable<Finding> {
  readonly #store: ObjectStore;
  readonly #options: VerifyOptions;
  #summary: VerifySummary;

  /** No I/O. Throws `invalid-argument`. */
  constructor(store: ObjectStore, options: VerifyOptions = {}) {
    this.#store = store;
    this.#options = options;
    this.#summary = this.#context(new FindingQueue(), undefined).summary;
  }

  /** Of what the last iteration has seen so far; of all, once it has ended. */
  get summary(): VerifySummary {
    return this.#summary;
  }

  /** All findings, as they are made. Ending it early stops the work. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Finding, void, undefined> {
    const queue = new FindingQueue<Finding>();
    const stop = new AbortController();
    const { signal } = this.#options;
    const inner = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
    const check = this.#context(queue, inner);
    const work = runSteps(check).then(
      () => queue.end(),
      (error: unknown) => queue.end({ error }),
    );
    try {
      for await (const finding of queue.items()) {
        this.#summary = check.summary;
        yield finding;
      }
    } finally {
      stop.abort();
      queue.stop();
      await work;
      this.#summary = check.summary;
    }
  }

  #context(queue: FindingQueue<Finding>, signal: AbortSignal | undefined): CheckContext {
    const settings = verifySettings({ ...this.#options, signal });
    return new CheckContext(this.#store, settings, (finding) => queue.put(finding));
  }
}

async function runSteps(check: CheckContext): Promise<void> {
  for (const step of STEPS) await step(check);
}
