import { isLodeError } from "../../errors.js";
import { packKey } from "../keys.js";
import type { Finding } from "./finding.js";
import { bringBack, isInTrash, type RepairContext } from "./repair-context.js";
import { dropFromIndex, IndexWriter } from "./repair-index.js";
import type { Remedy } from "./repair-options.js";
import { scanPack } from "./scan-pack.js";

/** Brings packs back, fetches them, and makes the index agree with them. */
export class PackRepair {
  readonly #context: RepairContext;
  readonly #index: IndexWriter;
  readonly #mended = new Map<string, Remedy | undefined>();
  #isIndexWrong = false;
  /** Damaged packs that have left the index. */
  #dropped = 0;

  constructor(context: RepairContext) {
    this.#context = context;
    this.#index = new IndexWriter(context.store);
  }

  /** A pack that is missing or damaged: the blob that needs it, if one does, leads to it. */
  async mend(finding: Finding & { readonly pack: string }): Promise<Remedy | undefined> {
    const { pack } = finding;
    if (!this.#mended.has(pack)) this.#mended.set(pack, await this.#mend(finding));
    return this.#mended.get(pack);
  }

  /** A pack that no index object tells of; nothing relies on one that is damaged. */
  async addToIndex(pack: string): Promise<Remedy | undefined> {
    const { store, check, tools, signal } = this.#context;
    try {
      const footer = await check.footers.get(pack, signal);
      if (!check.isRead(pack)) {
        for await (const _ of scanPack(store, footer, { signal })) return undefined;
      }
      if (tools !== undefined) await this.#index.add(footer, { signal });
      return "rebuilt";
    } catch (error) {
      if (isLodeError(error, "not-found", "integrity")) return undefined;
      throw error;
    }
  }

  /** An index object that tells of packs that are gone. */
  dropFromIndex(): Remedy {
    this.#isIndexWrong = true;
    return "rebuilt";
  }

  /** An index object that cannot be read: its packs are found to be in none. */
  async setIndexAside(key: string): Promise<Remedy> {
    const { tools, signal } = this.#context;
    await tools?.aside.move(key, { signal });
    return "rebuilt";
  }

  /** Writes what the index has to tell, and that it must not. New blobs do not rely on a pack that is damaged. */
  async writeIndex(): Promise<void> {
    const { store, check, tools, signal } = this.#context;
    if (tools === undefined) return;
    await this.#index.flush({ signal });
    const { size } = check.damagedPacks;
    if (!this.#isIndexWrong && size === this.#dropped) return;
    const isGood = async (pack: string): Promise<boolean> =>
      !check.damagedPacks.has(pack) &&
      (check.packs.has(pack) || (await store.exists(packKey(pack), { signal })));
    await dropFromIndex(store, isGood, { signal });
    this.#isIndexWrong = false;
    this.#dropped = size;
  }

  async #mend({
    kind,
    pack,
    blob,
  }: Finding & { readonly pack: string }): Promise<Remedy | undefined> {
    const context = this.#context;
    const { mirrors, tools, signal } = context;
    if (kind === "missing" && blob !== undefined && (await isInTrash(context, pack))) {
      if (tools === undefined) return "restored";
      await bringBack(context, blob);
      if (await this.#isBack(pack)) return "restored";
    }
    if (tools === undefined) {
      return (await mirrors.hasPack(pack, { signal })) ? "fetched" : undefined;
    }
    const bytes = await mirrors.pack(pack, { signal });
    if (bytes === undefined) return undefined;
    const key = packKey(pack);
    tools.lease.addPack(pack);
    if (kind === "corrupt") await tools.aside.copy(key, { signal });
    await context.store.put(key, bytes, { signal });
    return (await this.#isBack(pack)) ? "fetched" : undefined;
  }

  /** Notes that the pack is there, and adds it to the index, from which it may have been dropped. */
  async #isBack(pack: string): Promise<boolean> {
    const { check, signal } = this.#context;
    check.footers.forget(pack);
    try {
      await this.#index.add(await check.footers.get(pack, signal), { signal });
    } catch (error) {
      if (isLodeError(error, "not-found", "integrity")) return false;
      throw error;
    }
    check.packs.add(pack);
    check.damagedPacks.delete(pack);
    return true;
  }
}
