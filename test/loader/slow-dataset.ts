import { seededRandom } from "../../src/core/index.js";
import type { MapDataset, ReadItemOptions } from "../../src/loader/index.js";

export interface SlowDatasetOptions {
  /** Decides how many turns of the event loop each read takes. 0 unless given. */
  readonly seed?: number;
  readonly byteLength?: (index: number) => number;
  /** Items whose first reads fail, and how often. */
  readonly failing?: ReadonlyMap<number, number>;
  /** Items that wait for a promise. */
  readonly gates?: ReadonlyMap<number, Promise<void>>;
}

/** Numbers that come after some turns of the event loop, in any order. */
export class SlowDataset implements MapDataset<number> {
  readonly kind = "map";
  readonly length: number;
  /** Indices in the order in which reads began. */
  readonly begun: number[] = [];
  readonly signals = new Set<AbortSignal>();
  running = 0;
  peakRunning = 0;
  readonly #options: SlowDatasetOptions;
  readonly #random: () => number;
  readonly #failures = new Map<number, number>();

  constructor(length: number, options: SlowDatasetOptions = {}) {
    this.length = length;
    this.#options = options;
    this.#random = seededRandom(options.seed ?? 0);
  }

  uriOf(index: number): string {
    return `mem://data/item-${index}`;
  }

  byteLengthOf(index: number): number {
    return this.#options.byteLength?.(index) ?? 1;
  }

  async get(index: number, { signal }: ReadItemOptions = {}): Promise<number> {
    const { failing, gates } = this.#options;
    this.begun.push(index);
    if (signal !== undefined) this.signals.add(signal);
    this.peakRunning = Math.max(this.peakRunning, ++this.running);
    try {
      for (let turns = Math.floor(this.#random() * 4); turns > 0; turns--) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await gates?.get(index);
      const failures = this.#failures.get(index) ?? 0;
      if (failures < (failing?.get(index) ?? 0)) {
        this.#failures.set(index, failures + 1);
        throw new Error(`no item ${index} today`);
      }
      return index * 10;
    } finally {
      this.running--;
    }
  }
}
