import type { BlobId } from "../keys.js";
import type { ChunkPlace } from "../packs/index.js";
import type { Recipe, RecipeRun } from "./recipe.js";

/** Notes chunks as they follow each other; those that lie in a row in a pack make one run. */
export class RecipeBuilder {
  readonly #packs = new Map<string, number>();
  readonly #runs: RecipeRun[] = [];
  #pack = -1;
  #first = 0;
  #entries = 0;
  #bytes = 0;

  add({ pack, entry }: ChunkPlace, plainBytes: number): void {
    let number = this.#packs.get(pack);
    if (number === undefined) {
      number = this.#packs.size;
      this.#packs.set(pack, number);
    }
    if (number !== this.#pack || entry !== this.#first + this.#entries) {
      this.#endRun();
      this.#pack = number;
      this.#first = entry;
    }
    this.#entries++;
    this.#bytes += plainBytes;
  }

  get packs(): Iterable<string> {
    return this.#packs.keys();
  }

  build(blob: BlobId, size: number, format: string, links: readonly BlobId[] = []): Recipe {
    this.#endRun();
    return { blob, size, format, packs: [...this.#packs.keys()], runs: this.#runs, links };
  }

  #endRun(): void {
    if (this.#entries > 0) this.#runs.push([this.#pack, this.#first, this.#entries, this.#bytes]);
    this.#entries = 0;
    this.#bytes = 0;
  }
}
