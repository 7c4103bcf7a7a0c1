import type { PutProgress, StoredBlob } from "../../cas/index.js";

/** What storing took, as `StoredBlob` tells it. */
export type PutSums = Pick<
  StoredBlob,
  "storedBytes" | "newBytes" | "newChunks" | "reusedBytes" | "reusedChunks"
>;

/** Adds up what several puts took, those that go on too. */
export class PutTally {
  readonly #onProgress: ((progress: PutProgress) => void) | undefined;
  readonly #running = new Set<{ progress: PutProgress }>();
  #bytes = 0;
  #sums: PutSums = { storedBytes: 0, newBytes: 0, newChunks: 0, reusedBytes: 0, reusedChunks: 0 };

  constructor(onProgress: ((progress: PutProgress) => void) | undefined) {
    this.#onProgress = onProgress;
  }

  get sums(): PutSums {
    return this.#sums;
  }

  /** Counts one put: it is given what to report to. */
  async count(
    put: (onProgress: (progress: PutProgress) => void) => Promise<StoredBlob>,
  ): Promise<StoredBlob> {
    const running = { progress: { bytes: 0, storedBytes: 0, reusedBytes: 0 } };
    this.#running.add(running);
    try {
      const stored = await put((progress) => {
        running.progress = progress;
        this.#report();
      });
      this.#add(stored.size, stored);
      return stored;
    } finally {
      this.#running.delete(running);
      this.#report();
    }
  }

  /** Bytes that were there and need not be looked at. */
  reuse(bytes: number): void {
    const none = { storedBytes: 0, newBytes: 0, newChunks: 0, reusedChunks: 0 };
    this.#add(bytes, { ...none, reusedBytes: bytes });
    this.#report();
  }

  #add(bytes: number, more: PutSums): void {
    this.#bytes += bytes;
    this.#sums = {
      storedBytes: this.#sums.storedBytes + more.storedBytes,
      newBytes: this.#sums.newBytes + more.newBytes,
      newChunks: this.#sums.newChunks + more.newChunks,
      reusedBytes: this.#sums.reusedBytes + more.reusedBytes,
      reusedChunks: this.#sums.reusedChunks + more.reusedChunks,
    };
  }

  #report(): void {
    if (this.#onProgress === undefined) return;
    const { storedBytes, reusedBytes } = this.#sums;
    const sum = { bytes: this.#bytes, storedBytes, reusedBytes };
    for (const { progress } of this.#running) {
      sum.bytes += progress.bytes;
      sum.storedBytes += progress.storedBytes;
      sum.reusedBytes += progress.reusedBytes;
    }
    this.#onProgress(sum);
  }
}
