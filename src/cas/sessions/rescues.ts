import type { Ids } from "../cycles/index.js";
import type { CondemnedCycle } from "./condemned-cycle.js";

/** Gathers what is to be rescued while a rescue is under way, so that thousands of blobs take a few writes of the state. */
export class Rescues {
  #blobs = new Set<string>();
  #packs = new Set<string>();
  #current: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  /** Ends when the state has been asked for these; their fate tells the outcome. */
  rescue(cycle: CondemnedCycle, ids: Ids): Promise<void> {
    for (const id of ids.blobs) this.#blobs.add(id);
    for (const pack of ids.packs) this.#packs.add(pack);
    this.#next ??= this.#afterCurrent(cycle);
    return this.#next;
  }

  async #afterCurrent(cycle: CondemnedCycle): Promise<void> {
    // How the last one ended is told to those who asked for it.
    await this.#current.catch(() => undefined);
    const ids = { blobs: [...this.#blobs], packs: [...this.#packs] };
    this.#blobs = new Set();
    this.#packs = new Set();
    this.#current = this.#next ?? Promise.resolve();
    this.#next = undefined;
    // Of all who asked, none may stop it for the others.
    await cycle.rescue(ids, {});
  }
}
