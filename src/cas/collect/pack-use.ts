import { CONCURRENT_READS, sideBySide } from "../../core/index.js";
import { isLodeError } from "../../errors.js";
import type { CallOptions, ObjectStore } from "../../storage/index.js";
import { type Recipe, readRecipe } from "../blobs/index.js";
import type { PackFooter } from "../packs/index.js";
import type { IdSets } from "./candidates.js";
import type { Survey } from "./survey.js";

/** Which chunks of each pack the recipes of live blobs use. A bit for each chunk. */
export class PackUse {
  readonly #bits = new Map<string, Uint8Array>();

  /** Reads the recipes of all blobs that are not condemned. Throws `integrity` for a damaged one. */
  static async read(
    store: ObjectStore,
    survey: Survey,
    condemned: IdSets,
    { signal }: CallOptions = {},
  ): Promise<PackUse> {
    const use = new PackUse();
    const blobs = [...survey.recipes.keys()].map((blob) => survey.blobs.id(blob));
    const live = blobs.filter((id) => !condemned.blobs.has(id));
    await sideBySide(live, CONCURRENT_READS, signal, async (id, stop) => {
      try {
        use.add(await readRecipe(store, id, { signal: stop }));
      } catch (error) {
        // Deleted since it was listed.
        if (!isLodeError(error, "not-found")) throw error;
      }
    });
    return use;
  }

  add({ packs, runs }: Recipe): void {
    for (const [pack, first, entries] of runs) {
      const bits = this.#bitsOf(packs[pack] ?? "", first + entries);
      for (let entry = first; entry < first + entries; entry++) {
        bits[entry >> 3] = (bits[entry >> 3] ?? 0) | (1 << (entry & 7));
      }
    }
  }

  isUsed(pack: string, entry: number): boolean {
    return ((this.#bits.get(pack)?.[entry >> 3] ?? 0) & (1 << (entry & 7))) !== 0;
  }

  /** Stored bytes of the chunks that are used. */
  usedBytes(footer: PackFooter): number {
    let bytes = 0;
    for (let entry = 0; entry < footer.count; entry++) {
      if (this.isUsed(footer.pack, entry)) bytes += footer.end(entry) - footer.start(entry);
    }
    return bytes;
  }

  #bitsOf(pack: string, entries: number): Uint8Array {
    const bits = this.#bits.get(pack) ?? new Uint8Array(0);
    const bytes = (entries + 7) >> 3;
    if (bits.length >= bytes) return bits;
    const more = new Uint8Array(Math.max(bytes, bits.length * 2));
    more.set(bits);
    this.#bits.set(pack, more);
    return more;
  }
}
